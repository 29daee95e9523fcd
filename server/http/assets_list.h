/*
 * assets_list - the files that are part of the program: ASSET(name, path, media type, file).
 *
 * Read by assets.S, which puts the files into the program as they are, and by site.c, which
 * serves them. No include guard: it is read more than once.
 */
#define HTML "text/html; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"

ASSET(contract, "/openapi.yaml", "application/yaml", "openapi.yaml")
ASSET(index, "/", HTML, "server/http/page/index.html")
ASSET(docs, "/docs", HTML, "server/http/page/docs.html")
ASSET(style, "/page/style.css", "text/css; charset=utf-8", "server/http/page/style.css")
ASSET(icon, "/page/icon.svg", "image/svg+xml", "server/http/page/icon.svg")
ASSET(favicon, "/favicon.ico", "image/svg+xml", "server/http/page/icon.svg")
ASSET(theme_js, "/page/theme.js", SCRIPT, "server/http/page/theme.js")
ASSET(dom_js, "/page/dom.js", SCRIPT, "server/http/page/dom.js")
ASSET(token_js, "/page/token.js", SCRIPT, "server/http/page/token.js")
ASSET(api_js, "/page/api.js", SCRIPT, "server/http/page/api.js")
ASSET(format_js, "/page/format.js", SCRIPT, "server/http/page/format.js")
ASSET(index_js, "/page/index.js", SCRIPT, "server/http/page/index.js")
ASSET(history_js, "/page/history.js", SCRIPT, "server/http/page/history.js")
ASSET(plot_js, "/page/plot.js", SCRIPT, "server/http/page/plot.js")
ASSET(workers_js, "/page/workers.js", SCRIPT, "server/http/page/workers.js")
ASSET(batches_js, "/page/batches.js", SCRIPT, "server/http/page/batches.js")
ASSET(numbers_js, "/page/numbers.js", SCRIPT, "server/http/page/numbers.js")
ASSET(docs_js, "/page/docs.js", SCRIPT, "server/http/page/docs.js")
ASSET(markdown_js, "/page/markdown.js", SCRIPT, "server/http/page/markdown.js")
ASSET(schema_js, "/page/schema.js", SCRIPT, "server/http/page/schema.js")
ASSET(curl_js, "/page/curl.js", SCRIPT, "server/http/page/curl.js")
ASSET(js_yaml, "/page/js-yaml.min.js", SCRIPT, "server/http/page/vendor/js-yaml.min.js")
ASSET(js_yaml_licence, "/page/js-yaml.LICENSE", "text/plain; charset=utf-8",
      "server/http/page/vendor/js-yaml.LICENSE")

#undef HTML
#undef SCRIPT

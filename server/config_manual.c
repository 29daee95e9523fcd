/* config_manual - help and roff out of the table. See config_manual.h. */
#include "server/config_manual.h"

#include <ctype.h>
#include <string.h>

#include "common/roff.h"
#include "server/config_table.h"

/* --- help ------------------------------------------------------------------------------------- */

enum { FLAG_WIDTH = 24 };

static void show_option(const struct config_row *row)
{
    char flag[64];
    int width = snprintf(flag, sizeof flag, "--%s%s%s", row->name, row->argument ? " " : "",
                         row->argument ? row->argument : "");
    if (width > FLAG_WIDTH) { /* the rest goes below it */
        printf("  %s\n", flag);
        flag[0] = '\0';
    }
    printf("  %-*s ", FLAG_WIDTH, flag);
    printf(row->standard && *row->standard ? "%s [%s]\n" : "%s\n", row->help, row->standard);
}

void config_manual_help(void)
{
    printf(
        "Usage: primed [serve] [OPTION]...\n"
        "       primed health [OPTION]...\n"
        "       primed token NAME [RIGHT | QUOTA=VALUE]...\n"
        "\n"
        "An HTTP job queue for primality: POST a batch of integers to /v1/batches, read the\n"
        "verdicts from /v1/batches/ID/results. The contract is served at /openapi.yaml.\n"
        "'health' asks the service at --listen whether it is alive: status 0 if so, else 1.\n"
        "'token' makes a token: its line for --token-file goes to standard output, the token to\n"
        "standard error. Rights: admin, metrics; quotas: requests, numbers, cost.\n"
        "\n"
        "Options, each also as PRIMED_NAME in the environment (PRIMED_MAX_BODY=1M):\n");
    for (const struct config_row *row = config_table; row->name; row++)
        if (row->help)
            show_option(row);
    printf(
        "\n"
        "BYTES take K, M, G or T; TIMEs take ms, s, m, h or d, and are seconds otherwise.\n"
        "\n"
        "Signals: TERM and INT drain and stop (a second one stops at once); QUIT stops at once;\n"
        "HUP reads the tokens and the certificate anew and replaces the workers one by one;\n"
        "TTIN and TTOU start and end a worker.\n");
}

/* --- the manual page -------------------------------------------------------------------------- */

static const char page_head[] =
    ".SH NAME\n"
    "primed \\- an HTTP job queue for primality\n"
    ".SH SYNOPSIS\n"
    ".B primed\n"
    "[\\fBserve\\fR] [\\fIOPTION\\fR]...\n"
    ".br\n"
    ".B primed health\n"
    "[\\fIOPTION\\fR]...\n"
    ".br\n"
    ".B primed token\n"
    "\\fINAME\\fR [\\fIRIGHT\\fR | \\fIQUOTA\\fR=\\fIVALUE\\fR]...\n"
    ".SH DESCRIPTION\n"
    ".B primed\n"
    "accepts batches of integers over HTTP, tests them for primality in a pool of worker\n"
    "processes, and keeps the verdicts for its clients to fetch.\n"
    "A supervisor (the process that is started) forks one front, which serves HTTP, and the\n"
    "workers; they share one piece of anonymous memory.\n"
    "Workers run at a niceness of 19 above the rest, so that clients are answered while all\n"
    "processors test numbers.\n"
    "Any worker may be killed at any time: its numbers are handed to another within\n"
    "milliseconds.\n"
    ".PP\n"
    ".B primed health\n"
    "asks the service at \\fB\\-\\-listen\\fR whether it is alive, and exits 0 if it is.\n"
    ".PP\n"
    ".B primed token\n"
    "makes a token; see TOKENS.\n"
    ".PP\n"
    "The HTTP interface is described by the OpenAPI document served at \\fI/openapi.yaml\\fR.\n"
    ".SH OPTIONS\n"
    "Each option but the last three is also an environment variable:\n"
    "\\fB\\-\\-max\\-body\\fR is \\fBPRIMED_MAX_BODY\\fR.\n"
    "A flag beats its variable.\n"
    "BYTES take K, M, G or T; TIMEs take ms, s, m, h or d, and are seconds otherwise.\n";

static const char page_tail[] =
    ".SH TOKENS\n"
    "With \\fB\\-\\-token\\-file\\fR the service lets in who shows a token of the file, as\n"
    "\\fBAuthorization: Bearer\\fR \\fITOKEN\\fR, and a batch belongs to the name of the token "
    "that\n"
    "brought it: others cannot see it. The file has the hash of each token, not the token:\n"
    ".PP\n"
    ".nf\n"
    "# name  SHA-256 of the token  rights and quotas\n"
    "alice   sha256:2c26b4...      requests=100/s numbers=10000000 cost=1h\n"
    "grafana sha256:fcde2b...      metrics numbers=0\n"
    "ops     sha256:baa5a0...      admin\n"
    ".fi\n"
    ".PP\n"
    "A name is 1 to 32 letters, digits, dots, underscores or hyphens, and may have several lines,\n"
    "the same but for the hash: so a token is changed for another without a gap.\n"
    "What begins with # is a comment.\n"
    "\\fBadmin\\fR sees the batches of all, \\fBmetrics\\fR may read /metrics.\n"
    "A quota that is not there is as the options \\fB\\-\\-quota\\-\\fR... have it.\n"
    ".PP\n"
    "\\fBprimed token\\fR makes a token of 256 random bits, and writes its line to standard "
    "output,\n"
    "the token itself to standard error:\n"
    ".PP\n"
    ".nf\n"
    "primed token alice requests=100/s >>tokens\n"
    ".fi\n"
    ".PP\n"
    "A file that everybody may write to is refused; one that everybody may read tells names and\n"
    "quotas, but no token.\n"
    ".SH SIGNALS\n"
    "To the supervisor; the front and the workers ignore them:\n"
    ".TP\n"
    ".BR TERM \", \" INT\n"
    "Drain: take no new batches, finish what the workers have (with \\fB\\-\\-store=memory\\fR\n"
    "every accepted batch), send each worker a sentinel, exit 0.\n"
    "A second one, or the end of the drain timeout, stops at once; so does one that finds no\n"
    "front to drain, because it has died and is not replaced yet.\n"
    ".TP\n"
    ".B QUIT\n"
    "Stop at once.\n"
    ".TP\n"
    ".B HUP\n"
    "Read the tokens anew, and replace the workers one by one, each after its successor has been "
    "started; work goes on.\n"
    "Read the certificate anew: connections that are open keep the old one.\n"
    ".TP\n"
    ".BR TTIN \", \" TTOU\n"
    "One worker more, one fewer.\n"
    ".SH ENVIRONMENT\n"
    "Beside the options:\n"
    ".TP\n"
    ".BR NOTIFY_SOCKET \", \" WATCHDOG_USEC \", \" WATCHDOG_PID\n"
    "How a service manager asks to be told (\\fBsd_notify\\fR(3)): that it is ready, reloads, "
    "stops,\n"
    "and that it is alive. What is told is in \\fBsystemctl status\\fR.\n"
    ".SH FILES\n"
    ".TP\n"
    ".I DIR/primed.sqlite\n"
    "The batches: an SQLite database in WAL mode, with \\fIprimed.sqlite\\-wal\\fR and\n"
    "\\fIprimed.sqlite\\-shm\\fR beside it while the service runs. Copy it with\n"
    "\\fBsqlite3 .backup\\fR, or all three while nothing runs. A database of an older version is\n"
    "brought up to date at the start, after which that version refuses it. A damaged database,\n"
    "or one written by a newer version, is refused and left as it is.\n"
    ".TP\n"
    ".I DIR/lock\n"
    "Held by the instance that uses the directory.\n"
    ".SH EXIT STATUS\n"
    ".TP\n"
    ".B 0\n"
    "After a drain that finished, and after \\fB\\-\\-check\\fR, \\fB\\-\\-help\\fR and\n"
    "\\fB\\-\\-version\\fR.\n"
    ".TP\n"
    ".B 1\n"
    "It could not start, was stopped at once, or found after a drain that a block was left\n"
    "behind; \\fBhealth\\fR: there is no healthy answer.\n"
    ".TP\n"
    ".B 2\n"
    "The configuration was wrong.\n"
    ".SH EXAMPLES\n"
    ".nf\n"
    "primed \\-\\-workers 4 &\n"
    "seq 1 100 | curl \\-\\-data\\-binary @\\- "
    "\\(aqhttp://127.0.0.1:8080/v1/batches?wait=5\\(aq\n"
    ".fi\n"
    ".SH SEE ALSO\n"
    ".BR prime (1)\n";

static void write_option(const struct config_row *row)
{
    roff_write_option(0, row->name, row->argument);
    putchar(toupper((unsigned char)row->help[0]));
    roff_write_string(row->help + 1);
    if (row->standard && *row->standard) {
        printf(" [");
        roff_write_string(row->standard);
        putchar(']');
    }
    printf(".\n");
    roff_write_paragraphs(row->manual);
}

void config_manual_page(void)
{
    printf(".TH PRIMED 8 \"\" \"primed %s\" \"System Administration\"\n", PRIMED_VERSION);
    fputs(page_head, stdout);
    for (const struct config_row *row = config_table; row->name; row++)
        if (row->help)
            write_option(row);
    fputs(page_tail, stdout);
}

/* --- the file of variables -------------------------------------------------------------------- */

void config_manual_variables(void)
{
    printf(
        "# What primed is told by its environment; primed(8) says more. A line without # counts,\n"
        "# and takes effect when the service is started anew.\n");
    for (const struct config_row *row = config_table; row->name; row++) {
        if (!row->read)
            continue;
        char variable[CONFIG_NAME_MAX + 8];
        config_table_variable(row, variable);
        printf("\n# %s", row->help);
        if (row->argument && strchr(row->argument, '|'))
            printf(": %s", row->argument);
        printf("\n#%s=%s\n", variable, row->standard);
    }
}

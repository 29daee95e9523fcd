import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Primes FILE - have primed test the integers in a file, one a line, and print the primes.
 *
 * Needs nothing but Java 11: {@code java Primes.java FILE}. PRIMED_URL says where the service is, PRIMED_TOKEN holds its
 * token, if it asks for one. Java has no reader of JSON of its own; the members needed here are plain enough for a pattern.
 */
public class Primes {
    private static final String URL = System.getenv().getOrDefault("PRIMED_URL", "http://127.0.0.1:8080");
    private static final String TOKEN = System.getenv().getOrDefault("PRIMED_TOKEN", "");
    private static final long PATIENCE_MS = 60_000; // how long to try again
    private static final List<Integer> PASSING = List.of(429, 502, 503, 504);
    private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** All strings and numbers that are members of that name. */
    private static List<String> members(String name, String json) {
        Matcher matcher = Pattern.compile("\"" + name + "\":\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([-0-9.e+]+))").matcher(json);
        return matcher.results().map(one -> one.group(1) != null ? one.group(1).replace("\\\"", "\"") : one.group(2))
                .collect(Collectors.toList());
    }

    private static String member(String name, String json) throws IOException {
        List<String> found = members(name, json);
        if (found.isEmpty()) throw new IOException("there is no " + name + " in the answer");
        return found.get(0);
    }

    /** What an answer with an error says, in one line. */
    private static String explain(HttpResponse<Stream<String>> response) {
        String problem = response.body().collect(Collectors.joining());
        List<String> title = members("title", problem), details = members("detail", problem);
        if (title.isEmpty()) return "status " + response.statusCode();
        // The first detail is about all of it, the others are the mistakes one by one.
        return title.get(0) + ": " + String.join("; ", details.size() > 1 ? details.subList(1, details.size()) : details);
    }

    /** The lines of the answer to a call, which is made again while nobody answers or the service is busy. */
    private static Stream<String> call(HttpRequest.Builder builder) throws IOException, InterruptedException {
        if (!TOKEN.isEmpty()) builder.header("Authorization", "Bearer " + TOKEN);
        HttpRequest request = builder.build();
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        for (long pause = 100;; pause = Math.min(2 * pause, 5000)) {
            IOException failure;
            long after = 0;
            try {
                HttpResponse<Stream<String>> response = CLIENT.send(request, HttpResponse.BodyHandlers.ofLines());
                if (response.statusCode() < 300) return response.body();
                after = response.headers().firstValueAsLong("Retry-After").orElse(0);
                failure = new IOException(explain(response));
                // 409 with Retry-After: the first request with this key is still being worked on.
                if (!PASSING.contains(response.statusCode()) && !(response.statusCode() == 409 && after > 0))
                    after = -1;
            } catch (IOException error) {
                failure = new IOException(URL + ": " + (error.getMessage() == null ? "no connection" : error.getMessage()));
            }
            long wait = Math.max(1000 * after, pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2));
            if (after < 0 || System.currentTimeMillis() + wait > deadline) throw failure;
            Thread.sleep(wait);
        }
    }

    private static HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(URL + path));
    }

    private static void run(Path file) throws IOException, InterruptedException {
        // The key makes sure that it is one batch, however often it is sent.
        String batch = call(to("/v1/batches").header("Content-Type", "text/plain")
                .header("Idempotency-Key", UUID.randomUUID().toString()).POST(HttpRequest.BodyPublishers.ofFile(file)))
                .collect(Collectors.joining());
        String self = member("self", batch);

        // Progress comes as server-sent events.
        try (Stream<String> events = call(to(self + "/events"))) {
            for (String line : (Iterable<String>) events.filter(one -> one.startsWith("data: "))::iterator)
                System.err.printf("\r%3.0f%% of %s numbers", 100 * Double.parseDouble(member("progress", line)), member("total", line));
        }
        System.err.println();

        long count = 0;
        BigInteger largest = BigInteger.ZERO;
        try (Stream<String> results = call(to(self + "/results?format=ndjson&only=prime"))) {
            for (String line : (Iterable<String>) results::iterator) {
                BigInteger n = new BigInteger(member("n", line));
                System.out.println(n);
                count++;
                largest = largest.max(n);
            }
        }
        System.err.printf("%d primes, the largest %s%n", count, largest);
    }

    public static void main(String[] arguments) throws InterruptedException {
        try {
            if (arguments.length != 1) throw new IOException("usage: Primes FILE");
            run(Path.of(arguments[0]));
        } catch (IOException | java.io.UncheckedIOException error) {
            System.err.println("primes: " + error.getMessage());
            System.exit(1);
        }
    }
}

/* cli_table - every command and every option, what they mean and how they are used. See cli.h. */
#include <stddef.h>

#include "client/cli.h"

#define BIT(command) (1u << (command))
enum {
    ON_ALL = (1 << COMMANDS) - 1,
    ON_SERVICE = ON_ALL & ~(1 << COMMAND_POOL | 1 << COMMAND_MODELS),
    ON_INPUT = 1 << COMMAND_SUBMIT | 1 << COMMAND_POOL,
};

const struct command_row cli_commands[COMMANDS] = {
    [COMMAND_ASK] =
        {NULL, "NUMBER...", 1, -1, "say which of the numbers are prime",
         "A NUMBER is an integer of any size or an expression: digits, which _ or blanks may "
         "part,\n"
         "+ - * ^ ! and parentheses. Quote it where the shell would read it otherwise.\n"
         "\n"
         "One number is asked for alone, several are a batch that is forgotten after a minute. "
         "With\n"
         "--offline the primality core in this program answers, and no service is asked.",
         "prime 97 2^89-1 1000000007        three numbers\n"
         "prime --offline '7!+1' '10^18+9'  without a service\n"
         "prime --json 2^127-1 | jq .prime  for programs"},
    [COMMAND_SUBMIT] =
        {"submit", "FILE|-", 1, 1, "hand in a batch of numbers from a file",
         "Reads FILE, or standard input for -, as it is sent: the file may be larger than the\n"
         "memory. It is text (a number or an expression a line, # begins a comment), NDJSON (a\n"
         "number a line, or an object with it), JSON (sent as it is: an array, or the document of\n"
         "the contract) or CSV (one column of it); see --from and --column.\n"
         "\n"
         "On a terminal it then shows the progress until the batch has ended; Ctrl-C asks the\n"
         "service to cancel it. On a pipe it prints the id and ends; --wait and --detach choose.\n"
         "\n"
         "What fails for a while is tried again with the same Idempotency-Key, as long as "
         "--timeout\n"
         "allows; a pipe can be sent again only while it has given less than a megabyte.",
         "prime submit numbers.txt               and watch it\n"
         "seq 1 1000000 | prime submit - --wait  a million numbers\n"
         "id=$(prime submit --column serial keys.csv | cat)"},
    [COMMAND_WAIT] =
        {"wait", "ID", 1, 1, "wait for the end of a batch",
         "Shows the progress on a terminal. Ctrl-C ends the waiting, not the batch. A\n"
         "service that is restarted meanwhile is waited for as long as --timeout allows.",
         "prime wait \"$id\" && echo 'primes among them'"},
    [COMMAND_GET] =
        {"get", "ID", 1, 1, "print the verdicts of a batch, in input order",
         "The verdicts come as a stream, which follows a running batch to its end and which is\n"
         "resumed where it broke off. On a terminal they are a table in which long numbers are\n"
         "shortened, on a pipe NDJSON; nothing is ever shortened there.",
         "prime get \"$id\" --only prime         the primes\n"
         "prime get \"$id\" --format csv > v.csv"},
    [COMMAND_LS] = {"ls", "", 0, 0, "list the batches, newest first",
                    "On a terminal the newest 20 unless --limit says otherwise, on a pipe all.",
                    "prime ls --status running\n"
                    "prime ls --json | jq -r .id"},
    [COMMAND_CANCEL] = {"cancel", "ID...", 1, -1, "stop batches, keep what is done",
                        "Numbers that have a verdict keep it. To cancel again does no harm.",
                        "prime ls --json --status running | jq -r .id | xargs prime cancel"},
    [COMMAND_RM] = {"rm", "ID...", 1, -1, "forget batches, running or not",
                    "A batch that runs is canceled first.", "prime rm \"$id\""},
    [COMMAND_TOP] =
        {"top", "", 0, 0, "watch the service: queue, workers, rates",
         "Redraws the screen until q or Ctrl-C. On a pipe, or with --json, it measures for\n"
         "one interval, prints one document and ends.",
         "prime top --interval 2"},
    [COMMAND_POOL] =
        {"pool", "[FILE|-]", 0, 1, "check numbers offline, in a pool of processes",
         "The classic home-made process pool, on the very ring, workers, sentinels and primality\n"
         "core of the service: a line a number as the verdicts arrive. Without a FILE, the twenty\n"
         "numbers everybody uses.",
         "prime pool -w 12\n"
         "prime pool numbers.txt"},
    [COMMAND_MODELS] =
        {"models", "", 0, 0, "compare four concurrency models on this machine",
         "Runs one slow job sequentially, on threads, in forked processes and as coroutines, with "
         "a\n"
         "spinner beside it, and prints what was measured. Takes some seconds, a minute at most.",
         "prime models"},
};

const struct option_row cli_options[OPTIONS] = {
    [OPTION_OFFLINE] = {"offline", 0, NULL, NULL, 0, 0, NULL, NULL,
                        "test the numbers here, ask no service", BIT(COMMAND_ASK)},
    [OPTION_FORMAT] = {"format", 'f', "FORMAT", "table|json|ndjson|csv", 0, 0, NULL, NULL,
                       "how to print [a table; on a pipe ndjson]",
                       BIT(COMMAND_ASK) | BIT(COMMAND_GET) | BIT(COMMAND_LS)},
    [OPTION_JSON] = {"json", 0, NULL, NULL, 0, 0, NULL, NULL,
                     "for programs: a JSON document a line", ON_ALL},
    [OPTION_FROM] = {"from", 0, "FORMAT", "text|ndjson|json|csv", 0, 0, NULL, NULL,
                     "what FILE is [told by its name or beginning]", ON_INPUT},
    [OPTION_COLUMN] = {"column", 0, "NAME|N", NULL, 0, 0, NULL, NULL,
                       "column of a CSV, member of NDJSON [n, or the first]", ON_INPUT},
    [OPTION_PRIORITY] = {"priority", 0, "0..9", NULL, 0, 9, NULL, NULL,
                         "the batch's share of the workers; 9 is the biggest [5]",
                         BIT(COMMAND_SUBMIT)},
    [OPTION_TTL] = {"ttl", 0, "SECONDS", NULL, 1, 31536000, NULL, NULL,
                    "how long it is kept after its end [as configured]", BIT(COMMAND_SUBMIT)},
    [OPTION_METADATA] = {"metadata", 0, "JSON", NULL, 0, 0, NULL, NULL,
                         "an object of yours, which stays with the batch", BIT(COMMAND_SUBMIT)},
    [OPTION_WAIT] = {"wait", 0, NULL, NULL, 0, 0, NULL, NULL,
                     "wait for the end of the batch on a pipe, too", BIT(COMMAND_SUBMIT)},
    [OPTION_DETACH] = {"detach", 'd', NULL, NULL, 0, 0, NULL, NULL,
                       "print the id and end on a terminal, too", BIT(COMMAND_SUBMIT)},
    [OPTION_ONLY] = {"only", 0, "WHICH", "prime|composite|failed", 0, 0, NULL, NULL,
                     "only those verdicts", BIT(COMMAND_GET)},
    [OPTION_AFTER] = {"after", 0, "WHERE", NULL, 0, 0, NULL, NULL,
                      "only behind that index, or older than that batch",
                      BIT(COMMAND_GET) | BIT(COMMAND_LS)},
    [OPTION_LIMIT] = {"limit", 'n', "N", NULL, 1, INT64_MAX, NULL, NULL, "at most so many",
                      BIT(COMMAND_GET) | BIT(COMMAND_LS)},
    [OPTION_STATUS] = {"status", 0, "STATUS", "queued|running|canceling|completed|canceled", 0, 0,
                       NULL, NULL, "only batches of this status", BIT(COMMAND_LS)},
    [OPTION_INTERVAL] = {"interval", 'i', "SECONDS", NULL, 1, 3600, NULL, "1", "between two looks",
                         BIT(COMMAND_TOP)},
    [OPTION_WORKERS] = {"workers", 'w', "N", NULL, 1, 256, NULL, NULL,
                        "processes; by default one a processor",
                        BIT(COMMAND_POOL) | BIT(COMMAND_MODELS)},
    [OPTION_URL] = {"url", 'u', "URL", NULL, 0, 0, "PRIMED_URL", "http://127.0.0.1:8080",
                    "where the service is", ON_SERVICE},
    [OPTION_TIMEOUT] = {"timeout", 't', "SECONDS", NULL, 0, 86400, "PRIMED_TIMEOUT", "10",
                        "how long to try again if nobody answers", ON_SERVICE},
    /* No variable: PRIMED_TOKEN_FILE is the service's, and names the file of all tokens. */
    [OPTION_TOKEN_FILE] = {"token-file", 0, "FILE", NULL, 0, 0, NULL, NULL,
                           "holds the bearer token; or it is in PRIMED_TOKEN", ON_SERVICE},
    [OPTION_CACERT] = {"cacert", 0, "FILE", NULL, 0, 0, "PRIMED_CACERT", NULL,
                       "certificates to trust, not those of the system", ON_SERVICE},
    [OPTION_GENERATE] = {"generate", 0, "WHAT", "man|bash|zsh|fish", 0, 0, NULL, NULL,
                         "print the manual page or the completions", 0},
    [OPTION_HELP] = {"help", 'h', NULL, NULL, 0, 0, NULL, NULL, "show this, or a command's",
                     ON_ALL},
    [OPTION_VERSION] = {"version", 0, NULL, NULL, 0, 0, NULL, NULL, "show the version", ON_ALL},
};

const char cli_statuses[] =
    "0\tevery number was answered, and one at least is prime; what was asked is done\n"
    "1\tevery number was answered, and none is prime\n"
    "2\tthe command line or the input is wrong\n"
    "3\tthe service does not answer\n"
    "4\tthe service refuses\n"
    "5\tsome numbers have no verdict: failed, timed out or canceled\n"
    "6\tthis machine fails: no memory, a full disk\n";

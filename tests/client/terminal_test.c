/* On a terminal: spinner, bar, colours, Ctrl-C; and that it is left as it was. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "client/cli.h"
#include "tests/support/forked.h"
#include "tests/support/prime.h"
#include "tests/support/work.h"

TestSuite(terminal, .timeout = 120);

#define HIDE "\033[?25l"
#define SHOW "\033[?25h"

/* Type so many slow numbers, and the end of the input. */
static void type_slow_numbers(struct prime *prime, int count)
{
    for (int i = 0; i < count; i++)
        prime_send(prime, "2^4423-1\n");
    prime_send(prime, "\004");
}

/* Is its last word about the cursor that it shows? */
static bool shows_cursor(const char *text)
{
    const char *last_hidden = NULL, *last_shown = NULL;
    for (const char *c = text; (c = strstr(c, HIDE)) != NULL; c++)
        last_hidden = c;
    for (const char *c = text; (c = strstr(c, SHOW)) != NULL; c++)
        last_shown = c;
    return !last_hidden || (last_shown && last_shown > last_hidden);
}

static void expect_sane(const struct prime *prime, const struct termios *before)
{
    struct termios after;
    cr_assert_eq(tcgetattr(prime->terminal, &after), 0);
    cr_expect_eq(after.c_lflag, before->c_lflag);
    cr_expect_eq(after.c_iflag, before->c_iflag);
}

Test(terminal, a_spinner_then_a_bar_then_the_end)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct prime prime =
        prime_start_on_terminal(service.address, (const char *[]){"submit", "-", NULL}, NULL);
    prime_await(&prime, "⠋ sending standard input: 0 numbers");
    type_slow_numbers(&prime, 12);
    prime_await(&prime, "of 12");
    prime_await(&prime, "░");
    prime_await(&prime, " left");
    prime_await(&prime, ": 12 of 12 numbers are prime, in ");
    cr_expect_eq(prime_end(&prime), 0);
    struct command command;
    prime_read(&prime, &command);
    cr_expect(shows_cursor(command.out));
    /* The line of the bar was cleared before what follows was written. */
    const char *end = strstr(command.out, "\033[1mcompleted");
    cr_assert_not_null(end);
    cr_expect_eq(strncmp(end - strlen("\033[K"), "\033[K", 3), 0);
    primed_stop(&service);
}

Test(terminal, an_ascii_terminal_gets_ascii)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct prime prime = prime_start_on_terminal(
        service.address, (const char *[]){"submit", "-", NULL}, (const char *[]){"LC_ALL=C", NULL});
    prime_await(&prime, "/ sending");
    type_slow_numbers(&prime, 6);
    prime_await(&prime, "#");
    cr_expect_eq(prime_end(&prime), 0);
    for (size_t i = 0; i < prime.seen.length; i++)
        cr_assert_geq(prime.seen.data[i], 0, "%.40s", prime.seen.data + i);
    struct command command;
    prime_read(&prime, &command);
    primed_stop(&service);
}

Test(terminal, ctrl_c_cancels_what_was_handed_in)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct prime prime =
        prime_start_on_terminal(service.address, (const char *[]){"submit", "-", NULL}, NULL);
    struct termios before;
    prime_await(&prime, "sending");
    cr_assert_eq(tcgetattr(prime.terminal, &before), 0);
    type_slow_numbers(&prime, 300);
    prime_await(&prime, "of 300");
    prime_send(&prime, "\003");
    prime_await(&prime, "Canceled batch ");
    cr_expect_eq(prime_end(&prime), -SIGINT);
    expect_sane(&prime, &before);
    char id[64];
    snprintf(id, sizeof id, "%.36s",
             strstr(prime.seen.data, "Canceled batch ") + strlen("Canceled batch "));
    cr_expect_str_eq(work_status(work_await(&service, id)), "canceled");
    struct command command;
    prime_read(&prime, &command);
    cr_expect(shows_cursor(command.out));
    primed_stop(&service);
}

Test(terminal, ctrl_c_cancels_numbers_that_were_asked_for)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct prime prime = prime_start_on_terminal(
        service.address, (const char *[]){"2^23209-1", "2^21701-1", NULL}, NULL);
    prime_await(&prime, "waiting for the first verdict");
    soon(&service, client_metric(&service, "primed_batches{status=\"running\"}") == 1);
    prime_send(&prime, "\003");
    prime_await(&prime, "Canceled batch ");
    cr_expect_eq(prime_end(&prime), -SIGINT);
    struct command command;
    prime_read(&prime, &command);
    primed_signal(&service, SIGQUIT); /* it would finish the number it is at */
    primed_expect_end(&service, 1);
}

Test(terminal, ctrl_c_ends_a_get_and_lets_the_batch_go_on)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct text body = {.data = NULL};
    for (int i = 0; i < 200; i++)
        work_add_mersenne(&body, 4423);
    const char *id = work_id(work_post(&service, "", &body, 202));
    struct prime prime =
        prime_start_on_terminal(service.address, (const char *[]){"get", id, NULL}, NULL);
    prime_await(&prime, "waiting for verdicts");
    prime_send(&prime, "\003");
    cr_expect_eq(prime_end(&prime), -SIGINT);
    struct command command;
    prime_read(&prime, &command);
    cr_expect(shows_cursor(command.out));
    cr_expect_str_eq(work_status(work_get(&service, id)), "running");
    prime_run(&command, service.address, "", "cancel", id);
    primed_stop(&service);
}

Test(terminal, stopped_by_ctrl_z_and_continued)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct prime prime =
        prime_start_on_terminal(service.address, (const char *[]){"submit", "-", NULL}, NULL);
    prime_await(&prime, HIDE);
    kill(prime.pid, SIGTSTP);
    forked_await_stop(prime.pid);
    prime_await(&prime, SHOW);
    forked_continue(prime.pid);
    prime_send(&prime, "7\n\004");
    prime_await(&prime, ": 1 of 1 numbers is prime");
    cr_expect_eq(prime_end(&prime), 0);
    struct command command;
    prime_read(&prime, &command);
    primed_stop(&service);
}

Test(terminal, ctrl_c_while_nothing_is_handed_in)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct prime prime =
        prime_start_on_terminal(service.address, (const char *[]){"submit", "-", NULL}, NULL);
    prime_await(&prime, "sending");
    prime_send(&prime, "7\n\003");
    prime_await(&prime, "Nothing was handed in.");
    cr_expect_eq(prime_end(&prime), -SIGINT);
    struct command command;
    prime_read(&prime, &command);
    primed_stop(&service);
}

Test(terminal, colours_on_a_terminal_alone_and_not_with_no_color)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    static const struct {
        const char *variables[2];
        bool colour;
    } cases[] = {
        {{NULL}, true}, {{"NO_COLOR=1"}, false}, {{"TERM=dumb"}, false}, {{"NO_COLOR="}, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct prime prime = prime_start_on_terminal(service.address, (const char *[]){"97", NULL},
                                                     cases[i].variables);
        struct command command;
        cr_expect_eq(prime_end(&prime), 0);
        prime_read(&prime, &command);
        cr_expect_not_null(strstr(command.out, "97  "), "%s", command.out);
        cr_expect_eq(strstr(command.out, "\033[32m") != NULL, cases[i].colour, "case %zu: %s", i,
                     command.out);
    }
    primed_stop(&service);
}

Test(terminal, long_numbers_are_shortened)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct prime prime =
        prime_start_on_terminal(service.address, (const char *[]){"2^521-1", NULL}, NULL);
    struct command command;
    cr_expect_eq(prime_end(&prime), 0);
    prime_read(&prime, &command);
    cr_expect_not_null(strstr(command.out, "686479766013060971...74028291115057151 (157)"), "%s",
                       command.out);
    primed_stop(&service);
}

/* How top ends: by a key, or by a signal. */
static void expect_top_tidies_up(struct primed *service, int signal)
{
    struct prime prime =
        prime_start_on_terminal(service->address, (const char *[]){"top", NULL}, NULL);
    struct termios before;
    cr_assert_eq(tcgetattr(prime.terminal, &before), 0);
    prime_await(&prime, "\033[?1049h");
    prime_await(&prime, "1 busy");
    prime.seen.length = 0;
    struct winsize size = {.ws_row = 5, .ws_col = 30};
    cr_assert_eq(ioctl(prime.terminal, TIOCSWINSZ, &size), 0);
    prime_await(&prime, "workers");
    prime.seen.length = 0;
    if (signal)
        kill(prime.pid, signal);
    else
        prime_send(&prime, "q");
    cr_expect_eq(prime_end(&prime), -signal);
    struct termios after;
    cr_assert_eq(tcgetattr(prime.terminal, &after), 0);
    cr_expect_eq(after.c_lflag & (ICANON | ECHO), (tcflag_t)(ICANON | ECHO));
    struct command command;
    prime_read(&prime, &command);
    cr_expect_not_null(strstr(command.out, SHOW "\033[?1049l"), "%s", command.out);
}

Test(terminal, top_gives_the_screen_back)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    expect_top_tidies_up(&service, 0);
    expect_top_tidies_up(&service, SIGTERM);
    expect_top_tidies_up(&service, SIGHUP);
    expect_top_tidies_up(&service, SIGINT);
    primed_stop(&service);
}

Test(terminal, nothing_but_the_answer_on_a_pipe)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct command command;
    struct text slow = {.data = NULL};
    for (int i = 0; i < 4; i++)
        text_add_string(&slow, "2^4423-1\n");
    text_add(&slow, "", 1);
    prime_run(&command, service.address, slow.data, "submit", "-", "--wait");
    text_destroy(&slow);
    cr_expect_eq(command.status, 0);
    cr_expect_eq(strlen(command.out), 37, "%s", command.out);
    cr_expect_str_empty(command.err);
    primed_stop(&service);
}

Test(terminal, offline_on_a_terminal_says_so)
{
    struct prime prime =
        prime_start_on_terminal(NULL, (const char *[]){"--offline", "97", NULL}, NULL);
    struct command command;
    cr_expect_eq(prime_end(&prime), 0);
    prime_read(&prime, &command);
    cr_expect_not_null(strstr(command.out, "no service was asked"));
    prime = prime_start_on_terminal(NULL, (const char *[]){"--offline", "2^110503-1", NULL}, NULL);
    prime_await(&prime, "testing, without a service");
    prime_send(&prime, "\003");
    cr_expect_eq(prime_end(&prime), -SIGINT);
    prime_read(&prime, &command);
    cr_expect(shows_cursor(command.out));
}

/* terminal - see terminal.h. */
#include "client/terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define HIDE_CURSOR "\033[?25l"
#define SHOW_CURSOR "\033[?25h"
#define EMPTY_LINE "\r\033[K"
#define ALTERNATE_SCREEN "\033[?1049h"
#define ORDINARY_SCREEN "\033[?1049l"

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};

void terminal_open(struct terminal *terminal)
{
    const char *type = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");
    bool colour = type && strcmp(type, "dumb") != 0 && !(no_colour && *no_colour);
    *terminal = (struct terminal){
        .out = isatty(STDOUT_FILENO), .err = isatty(STDERR_FILENO), .signals = -1};
    terminal->out_colour = terminal->out && colour;
    terminal->err_colour = terminal->err && colour;
    terminal->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

const char *terminal_colour(bool may, enum colour colour)
{
    static const char *const sequences[] = {"\033[0m",  "\033[1m",  "\033[2m",
                                            "\033[32m", "\033[33m", "\033[31m"};
    return may ? sequences[colour] : "";
}

static struct winsize size_of(int descriptor)
{
    struct winsize size = {.ws_row = 0};
    ioctl(descriptor, TIOCGWINSZ, &size);
    return size;
}

int terminal_columns(int descriptor)
{
    int columns = size_of(descriptor).ws_col;
    return columns > 0 ? columns : 80;
}

int terminal_lines(int descriptor)
{
    int lines = size_of(descriptor).ws_row;
    return lines > 0 ? lines : 24;
}

/* --- signals ---------------------------------------------------------------------------------- */

int terminal_catch_signals(struct terminal *terminal)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        struct sigaction action;
        if (sigaction(caught[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&set, caught[i]);
    }
    if (sigprocmask(SIG_BLOCK, &set, &terminal->before) < 0)
        return -1;
    terminal->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (terminal->signals < 0)
        sigprocmask(SIG_SETMASK, &terminal->before, NULL);
    return terminal->signals < 0 ? -1 : 0;
}

int terminal_take_signal(struct terminal *terminal)
{
    struct signalfd_siginfo info;
    if (terminal->signals < 0 || read(terminal->signals, &info, sizeof info) != sizeof info)
        return 0;
    return (int)info.ssi_signo;
}

bool terminal_is_end(int signal)
{
    return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}

int terminal_die(int signal)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    raise(signal);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    return 128 + signal; /* where it is ignored */
}

/* --- the screen and the keys ------------------------------------------------------------------ */

static void say(int descriptor, const char *sequence)
{
    ssize_t written = write(descriptor, sequence, strlen(sequence));
    (void)written; /* a terminal that is gone needs nothing */
}

static void take(struct terminal *terminal)
{
    struct termios raw = terminal->saved;
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    say(STDOUT_FILENO, ALTERNATE_SCREEN HIDE_CURSOR);
}

static void give_back(struct terminal *terminal)
{
    say(STDOUT_FILENO, SHOW_CURSOR ORDINARY_SCREEN);
    tcsetattr(STDIN_FILENO, TCSANOW, &terminal->saved);
}

char *terminal_tame(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        bool two_bytes = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;
        if (*c < ' ' || *c == 0x7f || two_bytes)
            *c = '?';
        if (two_bytes)
            *++c = '?';
    }
    return text;
}

int terminal_take(struct terminal *terminal)
{
    if (!terminal->out || tcgetattr(STDIN_FILENO, &terminal->saved) < 0)
        return -1;
    terminal->taken = true;
    take(terminal);
    return 0;
}

void terminal_suspend(struct terminal *terminal)
{
    if (terminal->taken)
        give_back(terminal);
    else if (terminal->err)
        say(STDERR_FILENO, EMPTY_LINE SHOW_CURSOR);
    raise(SIGSTOP);
    if (terminal->taken)
        take(terminal);
}

void terminal_close(struct terminal *terminal)
{
    if (terminal->taken)
        give_back(terminal);
    terminal->taken = false;
    if (terminal->signals >= 0) {
        close(terminal->signals);
        sigprocmask(SIG_SETMASK, &terminal->before, NULL);
    }
    terminal->signals = -1;
}

/* primed - starting primed, watching its processes and its log. See primed.h. */
#include "tests/support/primed.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/support/client.h"
#include "tests/support/forked.h"

struct kept {
    struct kept *next;
    void *memory;
};

/* --- the program ------------------------------------------------------------------------------ */

void program_find(const char *name, const char *variable, char path[PATH_MAX])
{
    const char *given = getenv(variable);
    if (given) {
        snprintf(path, PATH_MAX, "%s", given);
        return;
    }
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    cr_assert_gt(length, 0);
    path[length] = '\0';
    for (int i = 0; i < 2; i++)
        *strrchr(path, '/') = '\0';
    length = (ssize_t)strlen(path);
    snprintf(path + length, PATH_MAX - (size_t)length, "/%s", name);
}

struct launch {
    const char *const *arguments;
    const char *const *variables;
    int out;
    int err;
};

int command_exec(const char *const *arguments)
{
    char path[PATH_MAX];
    char *argv[64] = {path};
    program_find("primed", "PRIMED", path);
    for (size_t i = 0; arguments[i] && i + 2 < sizeof argv / sizeof *argv; i++)
        argv[i + 1] = strdup(arguments[i]);
    execv(path, argv);
    perror(path);
    return 127;
}

static int exec_program(void *data)
{
    const struct launch *launch = data;
    for (size_t i = 0; launch->variables && launch->variables[i]; i++)
        putenv(strdup(launch->variables[i]));
    setpgid(0, 0);
    dup2(launch->out, STDOUT_FILENO);
    dup2(launch->err, STDERR_FILENO);
    return command_exec(launch->arguments);
}

static int memory_file(void)
{
    int fd = memfd_create("primed-test", MFD_CLOEXEC);
    cr_assert_geq(fd, 0);
    fcntl(fd, F_SETFL, O_APPEND); /* several processes write to it */
    return fd;
}

/* All of the file, terminated, into text. */
static void read_file(int fd, char *text, size_t size)
{
    ssize_t length = pread(fd, text, size - 1, 0);
    text[length > 0 ? length : 0] = '\0';
}

void command_run(struct command *command, const char *const *arguments,
                 const char *const *variables)
{
    struct launch launch = {arguments, variables, memory_file(), memory_file()};
    command->status = forked_wait(forked_start(exec_program, &launch));
    read_file(launch.out, command->out, sizeof command->out);
    read_file(launch.err, command->err, sizeof command->err);
    close(launch.out);
    close(launch.err);
}

/* --- memory, failure, waiting ----------------------------------------------------------------- */

void *primed_keep(struct primed *service, void *memory)
{
    struct kept *kept = malloc(sizeof *kept);
    *kept = (struct kept){service->kept, memory};
    service->kept = kept;
    return memory;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

void primed_remove_directory(const char *path)
{
    nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void release_all(struct primed *service)
{
    if (*service->data_dir)
        primed_remove_directory(service->data_dir);
    for (struct kept *next; service->kept; service->kept = next) {
        next = service->kept->next;
        free(service->kept->memory);
        free(service->kept);
    }
    json_decref(service->documents);
    curl_easy_cleanup(service->curl);
    close(service->log);
}

void primed_fail(struct primed *service, const char *format, ...)
{
    char reason[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    cr_assert_fail("%s\n--- the service's log\n%s---", reason, primed_log(service));
}

void primed_wait_for(struct primed *service, int64_t *deadline_ns, const char *condition)
{
    int64_t now = clock_monotonic_ns();
    if (*deadline_ns == 0)
        *deadline_ns = now + PRIMED_PATIENCE_S * NS_PER_S;
    if (now > *deadline_ns)
        primed_fail(service, "waited in vain for: %s", condition);
    nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
}

/* --- the log ---------------------------------------------------------------------------------- */

const char *primed_log(struct primed *service)
{
    off_t size = lseek(service->log, 0, SEEK_END);
    char *text = primed_keep(service, malloc((size_t)size + 1));
    read_file(service->log, text, (size_t)size + 1);
    return text;
}

static bool has_logged(const struct primed *service, const char *what)
{
    off_t size = lseek(service->log, 0, SEEK_END);
    char *text = malloc((size_t)size + 1);
    read_file(service->log, text, (size_t)size + 1);
    bool found = strstr(text, what) != NULL;
    free(text);
    return found;
}

void primed_await_log(struct primed *service, const char *text)
{
    soon(service, has_logged(service, text));
}

/* --- processes -------------------------------------------------------------------------------- */

struct process {
    char name[32];
    char state;
    pid_t parent;
    pid_t group;
};

static bool read_process(pid_t pid, struct process *process)
{
    char text[512];
    snprintf(text, sizeof text, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(text, "r");
    if (!file)
        return false;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *name = strchr(text, '(');
    const char *end = strrchr(text, ')');
    if (!name || !end)
        return false;
    snprintf(process->name, sizeof process->name, "%.*s", (int)(end - name - 1), name + 1);
    return sscanf(end + 1, " %c %d %d", &process->state, &process->parent, &process->group) == 3;
}

bool primed_is_alive(pid_t pid)
{
    struct process process;
    return read_process(pid, &process) && process.state != 'Z' && process.state != 'X';
}

/* Living processes of the service's group, of that name (NULL: of any). */
size_t primed_processes(const struct primed *service, const char *name, pid_t *pids, size_t max)
{
    size_t count = 0;
    DIR *proc = opendir("/proc");
    cr_assert_not_null(proc);
    for (struct dirent *entry; (entry = readdir(proc));) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        struct process process;
        if (pid <= 0 || !read_process(pid, &process) || process.group != service->pid ||
            process.state == 'Z' || process.state == 'X' ||
            (name && strcmp(name, process.name) != 0))
            continue;
        if (count < max)
            pids[count++] = pid;
    }
    closedir(proc);
    return count;
}

struct primed_workers primed_workers(const struct primed *service)
{
    struct primed_workers workers;
    workers.count = primed_processes(service, "primed-worker", workers.pids, PRIMED_WORKERS_MAX);
    return workers;
}

struct primed_workers primed_await_workers(struct primed *service, size_t count)
{
    struct primed_workers workers;
    soon(service, (workers = primed_workers(service)).count == count &&
                      client_metric(service, "primed_workers") == (double)count);
    return workers;
}

pid_t primed_front(struct primed *service)
{
    pid_t pid;
    soon(service, primed_processes(service, "primed-front", &pid, 1) == 1);
    return pid;
}

/* --- start and end ---------------------------------------------------------------------------- */

/* Take the address out of the line that says where it listens, as text or as JSON. */
static void read_address(struct primed *service)
{
    primed_await_log(service, "listening");
    const char *address = strstr(primed_log(service), "address");
    address += strcspn(address, "=:") + 1;
    address += *address == '"';
    snprintf(service->address, sizeof service->address, "%.*s", (int)strcspn(address, "\" \n"),
             address);
}

struct primed primed_start_with(const char *const *flags)
{
    struct primed service = {
        .log = memory_file(), .curl = curl_easy_init(), .documents = json_array()};
    const char *arguments[32] = {"--listen=127.0.0.1:0"};
    bool has_store = false;
    size_t count = 1;
    for (; *flags && count + 2 < sizeof arguments / sizeof *arguments; flags++) {
        has_store |= strncmp(*flags, "--data-dir", 10) == 0 || strncmp(*flags, "--store", 7) == 0;
        arguments[count++] = *flags;
    }
    char data_dir_flag[sizeof service.data_dir + 16];
    if (!has_store) {
        strcpy(service.data_dir, "/tmp/primed-test.XXXXXX");
        cr_assert_not_null(mkdtemp(service.data_dir));
        snprintf(data_dir_flag, sizeof data_dir_flag, "--data-dir=%s", service.data_dir);
        arguments[count] = data_dir_flag;
    }

    struct launch launch = {arguments, NULL, service.log, service.log};
    service.pid = forked_start(exec_program, &launch);
    read_address(&service);
    soon(&service, client_get(&service, "/readyz").status == 200);
    return service;
}

void primed_signal(const struct primed *service, int signal)
{
    cr_assert_eq(kill(service->pid, signal), 0);
}

/* Has it ended, and how? As forked_wait() puts it. */
static bool has_ended(const struct primed *service, int *how)
{
    int status;
    if (waitpid(service->pid, &status, WNOHANG) != service->pid)
        return false;
    *how = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}

void primed_expect_end(struct primed *service, int status)
{
    int how = 0;
    pid_t left;
    soon(service, has_ended(service, &how));
    if (how != status)
        primed_fail(service, "it ended with %d, not %d", how, status);
    soon(service, primed_processes(service, NULL, &left, 1) == 0);
    static const char *const findings[] = {"SUMMARY: ", "runtime error: ", "signal=6 ",
                                           "signal=11 "};
    for (size_t i = 0; i < sizeof findings / sizeof *findings; i++)
        if (has_logged(service, findings[i]))
            primed_fail(service, "it printed \"%s\"", findings[i]);
    release_all(service);
}

void primed_stop(struct primed *service)
{
    primed_signal(service, SIGTERM);
    primed_expect_end(service, 0);
}

void primed_kill_all(struct primed *service)
{
    cr_assert_eq(kill(-service->pid, SIGKILL), 0);
    primed_expect_end(service, -SIGKILL);
}

/* privileges - becoming somebody with no rights. See privileges.h. */
#include "server/privileges.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/sandbox.h"

struct identity {
    uid_t user;
    gid_t group;
    char name[sizeof((struct config){0}.user)]; /* of the user */
};

static int complain(const char *what, const char *whom)
{
    log_error(what, log_str("name", whom), log_str("error", strerror(errno)));
    return -1;
}

/* --- the user --------------------------------------------------------------------------------- */

/* "NAME" or "NAME:GROUP"; the group is the user's own if none is named. */
static int look_up(const char *text, struct identity *identity)
{
    strcpy(identity->name, text);
    char *group_name = strchr(identity->name, ':');
    if (group_name)
        *group_name++ = '\0';
    errno = 0;
    const struct passwd *user = getpwnam(identity->name);
    if (!user)
        return complain("there is no such user", identity->name);
    identity->user = user->pw_uid;
    identity->group = user->pw_gid;
    errno = 0;
    const struct group *group = group_name ? getgrnam(group_name) : NULL;
    if (group_name && !group)
        return complain("there is no such group", group_name);
    if (group)
        identity->group = group->gr_gid;
    return 0;
}

static int become(const struct identity *identity)
{
    if (initgroups(identity->name, identity->group) < 0 ||
        setresgid(identity->group, identity->group, identity->group) < 0 ||
        setresuid(identity->user, identity->user, identity->user) < 0)
        return complain("cannot become the user", identity->name);
    return 0;
}

/* --- its data --------------------------------------------------------------------------------- */

/*
 * Give the directory and the files in it, not what links lead to, to the user. Only what is still
 * root's: whoever has had the directory may have put there what is not for him.
 */
static int hand_over(int directory, const struct identity *identity)
{
    struct stat status;
    if (fstat(directory, &status) < 0)
        return -1;
    if (status.st_uid != 0 || identity->user == 0)
        return 0;
    int again = dup(directory);
    DIR *entries = again < 0 ? NULL : fdopendir(again);
    if (!entries)
        return -1;
    int result = 0;
    for (const struct dirent *entry; result == 0 && (entry = readdir(entries)) != NULL;)
        if (fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode) && status.st_nlink == 1)
            result = fchownat(directory, entry->d_name, identity->user, identity->group,
                              AT_SYMLINK_NOFOLLOW);
    closedir(entries);
    return result == 0 ? fchown(directory, identity->user, identity->group) : result;
}

static int prepare_data(const struct config *config, const struct identity *identity)
{
    if (config->store != CONFIG_SQLITE)
        return 0;
    /* What fails here for good fails again in the store, which knows what to say. */
    mkdir(config->data_dir, 0700);
    int directory = open(config->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return 0;
    struct stat status;
    if (fstat(directory, &status) == 0 && (status.st_mode & 077) != 0)
        log_warning("the data directory is open to others", log_str("directory", config->data_dir));
    int result = identity ? hand_over(directory, identity) : 0;
    if (result < 0)
        complain("cannot hand over the data directory", config->data_dir);
    close(directory);
    return result;
}

/* --- capabilities ----------------------------------------------------------------------------- */

/* Refused to whoever has no right to it: with no_new_privs the set means nothing any more. */
static void empty_bounding_set(void)
{
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

/* Whoever has none does not ask: a filter of system calls around the service may forbid capset(). */
static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3];
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capget, &header, held) == 0 && memcmp(held, none, sizeof none) == 0)
        return 0;
    return (int)syscall(SYS_capset, &header, none);
}

bool privileges_are_settled(const struct config *config)
{
    return geteuid() != 0 || *config->user;
}

int privileges_drop(const struct config *config)
{
    struct identity identity;
    bool changes = config->user[0] != '\0';
    umask(077);
    if (changes && look_up(config->user, &identity) < 0)
        return -1;
    if (changes && geteuid() != 0 && geteuid() != identity.user) {
        errno = EPERM;
        return complain("cannot become the user", identity.name);
    }
    if (prepare_data(config, changes ? &identity : NULL) < 0)
        return -1;
    empty_bounding_set(); /* while root: nobody else may */
    if (changes && geteuid() == 0 && become(&identity) < 0)
        return -1;
    if (drop_capabilities() < 0)
        return complain("cannot drop the capabilities", "all");
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (geteuid() == 0)
        log_warning("running as root, without its capabilities, as --user says",
                    log_int("pid", getpid()));
    return 0;
}

/* --- the front's system calls ----------------------------------------------------------------- */

static const int refused[] = {
    /* other programs, and other processes */
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd),
#if !INSTRUMENTED
    SCMP_SYS(ptrace), /* the search for leaks uses it */
#endif
    /* the file system as a whole */
    SCMP_SYS(chroot),
    SCMP_SYS(pivot_root),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(quotactl),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(acct),
    /* the machine */
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(syslog),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    /* parts of the kernel that are attacked often, and nothing here needs */
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(personality),
    SCMP_SYS(modify_ldt),
};

void privileges_filter_front(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int error = filter ? 0 : -ENOMEM;
    if (!error)
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1); /* see worker/sandbox.c */
    for (size_t i = 0; i < sizeof refused / sizeof *refused && !error; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
    if (!error)
        error = seccomp_load(filter);
    if (error)
        log_warning("the front's system calls are not filtered",
                    log_str("error", strerror(-error)));
    seccomp_release(filter);
}

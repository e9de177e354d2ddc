/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "rights.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef USVF_ACL
#define USVF_ACL "/etc/understudy/vf.acl"
#endif

static int deny(struct usvf_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int deny(struct usvf_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error->code = USVF_NOT_PERMITTED;
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return USVF_NOT_PERMITTED;
}

/* The user whose permissions count, also behind sudo. SUDO_UID may be trusted, because it only removes privileges. */
static uid_t caller(void) {
    const char *sudo = getuid() == 0 ? getenv("SUDO_UID") : NULL;
    return sudo ? (uid_t)strtoul(sudo, NULL, 10) : getuid();
}

bool rights_are_elevated(void) {
    return getauxval(AT_SECURE) != 0 || getuid() != geteuid() || (geteuid() == 0 && caller() != 0);
}

/* True if a word is in a list such as "a,b"; "all" includes every word, and "detour" is the former name of forwarding. */
static bool listed(char *list, const char *wanted) {
    char *rest = NULL;
    for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
        if (strcmp(word, wanted) == 0 || strcmp(word, "all") == 0 ||
            (strcmp(word, "detour") == 0 && strcmp(wanted, "forwarding") == 0))
            return true;
    return false;
}

static bool is_caller(const char *who, const struct passwd *user) {
    if (who[0] != '@')
        return strcmp(who, user->pw_name) == 0;
    gid_t groups[256];
    int count = 256;
    if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) < 0)
        return false;
    for (int i = 0; i < count; i++) {
        const struct group *group = getgrgid(groups[i]);
        if (group && strcmp(group->gr_name, who + 1) == 0)
            return true;
    }
    return false;
}

/* Lines of "allow USER|@GROUP PF,... COMMAND,..."; what no line allows is denied. */
static int check_list(uid_t uid, const char *pf, const char *command, struct usvf_error *error) {
    const struct passwd *user = getpwuid(uid);
    int file = open(USVF_ACL, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != 0 || (status.st_mode & 022)) {
        if (file >= 0)
            close(file);
        return deny(error, "%s must be a regular file that is owned by root and writable by no other user; until then only root may change VFs", USVF_ACL);
    }
    FILE *lines = fdopen(file, "r");
    bool allowed = false;
    char line[1024], who[64], pfs[512], commands[256], more[2];
    while (user && lines && !allowed && fgets(line, sizeof line, lines))
        allowed = sscanf(line, "allow %63s %511s %255s %1s", who, pfs, commands, more) == 3 && is_caller(who, user) &&
            listed(pfs, pf) && listed(commands, command);
    if (lines)
        fclose(lines);
    return allowed ? USVF_OK
                   : deny(error, "%s does not allow user %s to %s on %s", USVF_ACL, user ? user->pw_name : "?", command, pf);
}

/* The PF that a line of the access list must name for a command. */
static int find_pf(char *const arguments[], int count, char name[32], struct usvf_error *error) {
    strcpy(name, "all");
    if (strcmp(arguments[0], "fdb") == 0) {
        snprintf(name, 32, "%s", count > 2 ? arguments[2] : "all");
        return USVF_OK;
    }
    struct usvf_address vf;
    if (count < 2 || !usvf_address_parse(arguments[1], &vf))
        return USVF_OK; /* restores everything, or is an error that is reported later */
    struct usvf_inventory *inventory;
    int result = usvf_inventory_read(NULL, &inventory, error);
    if (result != USVF_OK)
        return result;
    const struct usvf_pf *pf = NULL;
    const struct usvf_vf *found = usvf_inventory_find(inventory, vf, &pf);
    for (size_t i = 0; !found && i < inventory->pf_count; i++)
        if (usvf_address_equal(inventory->pfs[i].address, vf))
            pf = &inventory->pfs[i];
    if (pf)
        snprintf(name, 32, "%s", pf->netdev);
    usvf_inventory_free(inventory);
    return pf ? USVF_OK : deny(error, "%s is not a VF of this machine", arguments[1]);
}

static bool only_reads(char *const arguments[], int count) {
    static const char *const readers[] = {"list", "show", "watch"};
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (strcmp(arguments[0], readers[i]) == 0)
            return true;
    return count > 1 && strcmp(arguments[0], "fdb") == 0 && strcmp(arguments[1], "list") == 0;
}

/*
 * Netlink needs NET_ADMIN, the device of a group needs CHOWN, files of other owners need DAC_READ_SEARCH. sysfs belongs to uid 0.
 * Before a lease, the open files of other programs are listed, which needs SYS_PTRACE.
 */
static int drop_capabilities(const char *command) {
    const uint32_t kept = 1u << CAP_NET_ADMIN | 1u << CAP_CHOWN | 1u << CAP_DAC_READ_SEARCH |
        (strcmp(command, "lease") == 0 ? 1u << CAP_SYS_PTRACE : 0);
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0)
        return -1;
    data[0].effective = data[0].permitted = data[0].permitted & kept;
    data[0].inheritable = 0;
    data[1] = (struct __user_cap_data_struct){0};
    return (int)syscall(SYS_capset, &header, data);
}

#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* A call whose argument is one of three numbers; of the 64 bits, the lower half comes first on both architectures. */
#define ALLOW_ONE_OF(name, argument, a, b, c) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 6), \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[argument])), \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, a, 3, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, b, 2, 0), \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, c, 1, 0), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM), \
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#endif

/* No program is started, no other process touched, no memory made executable, nothing mounted or loaded. */
static int filter_calls(void) {
#ifdef THIS_ARCH
    static struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(read), ALLOW(write), ALLOW(close), ALLOW(openat), ALLOW(fstat), ALLOW(newfstatat), ALLOW(lseek),
        ALLOW(mmap), ALLOW(munmap), ALLOW(mremap), ALLOW(brk), ALLOW(rt_sigaction), ALLOW(rt_sigprocmask),
        ALLOW(rt_sigreturn), ALLOW(faccessat), ALLOW(dup), ALLOW(fcntl), ALLOW(flock), ALLOW(fsync),
        ALLOW(getdents64), ALLOW(renameat), ALLOW(renameat2), ALLOW(unlinkat), ALLOW(mkdirat), ALLOW(readlinkat),
        ALLOW(fchownat), ALLOW(bind), ALLOW(sendto), ALLOW(recvfrom), ALLOW(recvmsg), ALLOW(setsockopt),
        ALLOW(ppoll), ALLOW(exit), ALLOW(exit_group), ALLOW(clock_gettime), ALLOW(getrandom), ALLOW(futex),
        ALLOW(geteuid), ALLOW(sysinfo), ALLOW(statfs), ALLOW(inotify_init1), ALLOW(inotify_add_watch), ALLOW(restart_syscall), ALLOW(writev),
        /* Names and numbers of netdevs are read through a local socket; stdio checks whether it writes to a terminal. */
        ALLOW_ONE_OF(socket, 0, AF_NETLINK, AF_UNIX, AF_UNIX),
        ALLOW_ONE_OF(ioctl, 1, SIOCGIFINDEX, SIOCGIFNAME, TCGETS),
#ifdef __x86_64__
        ALLOW(poll), ALLOW(access), ALLOW(mkdir), ALLOW(lchown), ALLOW(open), ALLOW(readlink),
#endif
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    const struct sock_fprog program = {.len = sizeof rules / sizeof *rules, .filter = rules};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
#else
    errno = ENOSYS; /* no privileges without the filter */
    return -1;
#endif
}

int rights_reduce(char *const arguments[], int count, struct usvf_error *error) {
    uid_t who = caller();
    umask(022); /* the caller's could deny access to files of this program */
    if (who != 0 && rights_are_elevated() && !only_reads(arguments, count)) {
        char name[32];
        int result = find_pf(arguments, count, name, error);
        if (result == USVF_OK)
            result = check_list(who, name, arguments[0], error);
        if (result != USVF_OK)
            return result;
    }
    clearenv();
    if (drop_capabilities(arguments[0]) != 0)
        return deny(error, "capabilities cannot be dropped: %s", strerror(errno));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || filter_calls() != 0)
        return deny(error, "system call filter cannot be installed: %s", strerror(errno));
    return USVF_OK;
}

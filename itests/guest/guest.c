// SPDX-License-Identifier: Apache-2.0
// Sends heartbeats and reports changes of the NICs on stdout. Formats: README.md here and docs/heartbeat.md.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_NICS = 16, PACKET_BYTES = 64, SCAN_EVERY_MS = 100 };
enum path { PATH_UNKNOWN = 0, PATH_PRIMARY = 1, PATH_STANDBY = 2 };

struct nic {
    char name[32], role[16], mac[18], driver[32], state[16], carrier[4], master[32];
};

struct lower {
    char counter[96];
    enum path path;
    uint64_t sent;
};

struct view {
    struct nic nics[MAX_NICS];
    int nic_count;
    struct lower lowers[MAX_NICS];
    int lower_count;
    uint8_t master_mac[6];
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool read_line(const char *path, char *to, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, to, size - 1);
    close(fd);
    if (n < 0)
        return false;
    to[n] = '\0';
    to[strcspn(to, "\n")] = '\0';
    return true;
}

static void nic_file(char *to, size_t size, const char *nic, const char *file)
{
    snprintf(to, size, "/sys/class/net/%.31s/%s", nic, file);
}

static void link_name(const char *nic, const char *file, char *to, size_t size)
{
    char path[96], target[256];
    nic_file(path, sizeof path, nic, file);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0) {
        snprintf(to, size, "-");
        return;
    }
    target[n] = '\0';
    const char *base = strrchr(target, '/');
    snprintf(to, size, "%.31s", base ? base + 1 : target);
}

static bool is_master(const char *nic)
{
    char path[96];
    nic_file(path, sizeof path, nic, "");
    DIR *dir = opendir(path);
    if (!dir)
        return false;
    bool found = false;
    for (struct dirent *e; !found && (e = readdir(dir));)
        found = strncmp(e->d_name, "lower_", 6) == 0;
    closedir(dir);
    return found;
}

static void add_lower(struct view *v, const struct nic *nic, const struct view *before)
{
    struct lower *lower = &v->lowers[v->lower_count++];
    char counter[sizeof lower->counter];
    nic_file(counter, sizeof counter, nic->name, "statistics/tx_packets");
    memcpy(lower->counter, counter, sizeof counter);
    lower->path = strcmp(nic->role, "standby") == 0 ? PATH_STANDBY : PATH_PRIMARY;
    lower->sent = 0;
    for (int i = 0; i < before->lower_count; i++)
        if (strcmp(before->lowers[i].counter, lower->counter) == 0)
            lower->sent = before->lowers[i].sent;
}

static void scan_nic(struct view *v, const char *name)
{
    struct nic *nic = &v->nics[v->nic_count];
    char path[96];
    memset(nic, 0, sizeof *nic);
    snprintf(nic->name, sizeof nic->name, "%.31s", name);
    nic_file(path, sizeof path, name, "address");
    if (!read_line(path, nic->mac, sizeof nic->mac))
        return;
    nic_file(path, sizeof path, name, "operstate");
    if (!read_line(path, nic->state, sizeof nic->state))
        return;
    // The carrier of a NIC that is down cannot be read.
    nic_file(path, sizeof path, name, "carrier");
    if (!read_line(path, nic->carrier, sizeof nic->carrier))
        strcpy(nic->carrier, "-");
    link_name(name, "device/driver", nic->driver, sizeof nic->driver);
    link_name(name, "master", nic->master, sizeof nic->master);
    const char *role = is_master(name) ? "master" : "plain";
    if (strcmp(nic->master, "-") != 0)
        role = strcmp(nic->driver, "virtio_net") == 0 ? "standby" : "primary";
    snprintf(nic->role, sizeof nic->role, "%s", role);
    v->nic_count++;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct nic *)a)->name, ((const struct nic *)b)->name);
}

// Heartbeats are sent through the first master: they have its MAC, and its lower devices show their path.
static void watch_first_pair(struct view *v, const struct view *before)
{
    const struct nic *first = v->nic_count > 0 ? &v->nics[0] : NULL;
    for (int i = v->nic_count - 1; i >= 0; i--)
        if (strcmp(v->nics[i].role, "master") == 0)
            first = &v->nics[i];
    if (!first)
        return;
    uint8_t *m = v->master_mac;
    sscanf(first->mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]);
    for (int i = 0; i < v->nic_count; i++)
        if (strcmp(v->nics[i].master, first->name) == 0)
            add_lower(v, &v->nics[i], before);
}

static void scan(struct view *v)
{
    struct view before = *v;
    v->nic_count = v->lower_count = 0;
    DIR *dir = opendir("/sys/class/net");
    if (!dir)
        return;
    for (struct dirent *e; v->nic_count < MAX_NICS && (e = readdir(dir));)
        if (strncmp(e->d_name, "eth", 3) == 0)
            scan_nic(v, e->d_name);
    closedir(dir);
    qsort(v->nics, (size_t)v->nic_count, sizeof v->nics[0], by_name);
    watch_first_pair(v, &before);
}

// The path of most packets since the last call; unchanged while no counter changes.
static enum path sample_path(struct view *v, enum path last)
{
    enum path path = last;
    uint64_t most = 0;
    for (int i = 0; i < v->lower_count; i++) {
        char text[32];
        if (!read_line(v->lowers[i].counter, text, sizeof text))
            continue;
        uint64_t sent = strtoull(text, NULL, 10), grown = sent - v->lowers[i].sent;
        if (sent > v->lowers[i].sent && grown > most) {
            path = v->lowers[i].path;
            most = grown;
        }
        v->lowers[i].sent = sent;
    }
    return path;
}

static const char *path_name(enum path path)
{
    return path == PATH_PRIMARY ? "primary" : path == PATH_STANDBY ? "standby" : "unknown";
}

static void report(const struct view *v, enum path path, bool again)
{
    static char last[2048];
    char line[2048];
    int n = snprintf(line, sizeof line, "path=%s", path_name(path));
    for (int i = 0; i < v->nic_count; i++)
        n += snprintf(line + n, sizeof line - (size_t)n, " %s=%s,%s,%s,%s,%s", v->nics[i].name, v->nics[i].role,
                      v->nics[i].mac, v->nics[i].driver, v->nics[i].state, v->nics[i].carrier);
    if (!again && strcmp(line, last) == 0)
        return;
    strcpy(last, line);
    printf("UNDERSTUDY-GUEST state t=%.2f %s\n", (double)now_ns() / 1e9, line);
    fflush(stdout);
}

// Commands on stdin, one word per line: state, stop, start. True if the state was requested.
static bool read_commands(bool *sending)
{
    char text[64];
    ssize_t n = read(STDIN_FILENO, text, sizeof text - 1);
    if (n <= 0)
        return false;
    text[n] = '\0';
    bool asked = false;
    for (char *rest, *word = strtok_r(text, "\n", &rest); word; word = strtok_r(NULL, "\n", &rest)) {
        if (strcmp(word, "state") == 0)
            asked = true;
        else if (strcmp(word, "stop") == 0 || strcmp(word, "start") == 0)
            *sending = strcmp(word, "start") == 0;
    }
    return asked;
}

static void build_packet(uint8_t *packet, enum path path, uint64_t sequence, uint32_t stream, const uint8_t *mac)
{
    uint64_t sequence_be = htobe64(sequence), time_be = htobe64((uint64_t)now_ns());
    uint32_t stream_be = htobe32(stream);
    memset(packet, 0, PACKET_BYTES);
    memcpy(packet, "USHB", 4);
    packet[4] = 1;
    packet[5] = (uint8_t)path;
    memcpy(packet + 8, &sequence_be, 8);
    memcpy(packet + 16, &time_be, 8);
    memcpy(packet + 24, &stream_be, 4);
    memcpy(packet + 28, mac, 6);
}

static bool parse_target(const char *text, struct sockaddr_in *to)
{
    char host[32];
    unsigned port;
    if (sscanf(text, "%31[0-9.]:%u", host, &port) != 2 || port == 0 || port > 65535)
        return false;
    memset(to, 0, sizeof *to);
    to->sin_family = AF_INET;
    to->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &to->sin_addr) == 1;
}

int main(int argc, char **argv)
{
    struct sockaddr_in target;
    struct view view = {0};
    if (argc != 4) {
        fprintf(stderr, "usage: guest ADDRESS:PORT|off INTERVAL_MS STREAM\n");
        return 2;
    }
    const bool has_target = parse_target(argv[1], &target);
    bool sending = true;
    int64_t interval = strtol(argv[2], NULL, 10) * 1000000;
    uint32_t stream = (uint32_t)strtoul(argv[3], NULL, 10);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || interval <= 0 || fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK) != 0) {
        perror("guest");
        return 1;
    }
    enum path path = PATH_UNKNOWN;
    uint64_t sequence = 0;
    int64_t next = now_ns(), next_scan = next;
    for (;;) {
        if (now_ns() >= next_scan) {
            scan(&view);
            next_scan = now_ns() + SCAN_EVERY_MS * 1000000LL;
        }
        path = sample_path(&view, path);
        report(&view, path, read_commands(&sending));
        if (has_target && sending) {
            uint8_t packet[PACKET_BYTES];
            build_packet(packet, path, ++sequence, stream, view.master_mac);
            // A packet that cannot be sent is lost: its number is not used again.
            (void)!sendto(fd, packet, sizeof packet, 0, (struct sockaddr *)&target, sizeof target);
        }
        next += interval;
        struct timespec until = {.tv_sec = next / 1000000000, .tv_nsec = next % 1000000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
        }
        // After a pause of the vCPUs, missed heartbeats are not sent in a burst.
        if (now_ns() - next > 10 * interval)
            next = now_ns();
    }
}

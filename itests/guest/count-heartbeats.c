// SPDX-License-Identifier: Apache-2.0
// Counts heartbeats on a free UDP port of 127.0.0.1 for check-guest. Prints the port; then, for each p on stdin, the figures
// since the last z. Ends at the end of stdin.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct count {
    uint64_t first, last, received, paths[3];
    double last_at, longest;
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void add(struct count *c, const uint8_t *packet, double at)
{
    uint64_t sequence;
    memcpy(&sequence, packet + 8, sizeof sequence);
    sequence = be64toh(sequence);
    if (c->received++ == 0)
        c->first = sequence;
    else if (at - c->last_at > c->longest)
        c->longest = at - c->last_at;
    if (sequence > c->last)
        c->last = sequence;
    if (packet[5] < 3)
        c->paths[packet[5]]++;
    c->last_at = at;
}

static void print_figures(const struct count *c)
{
    uint64_t sent = c->received ? c->last - c->first + 1 : 0;
    printf("sent=%" PRIu64 " lost=%" PRId64 " longest_gap_ms=%.0f primary=%" PRIu64 " standby=%" PRIu64 " unknown=%" PRIu64 "\n", sent,
           (int64_t)(sent - c->received), c->longest, c->paths[1], c->paths[2], c->paths[0]);
    fflush(stdout);
}

int main(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) != 0 || getsockname(fd, (struct sockaddr *)&at, &size) != 0) {
        perror("count-heartbeats");
        return 1;
    }
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    struct count count = {0};
    struct pollfd wait[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    while (poll(wait, 2, -1) >= 0) {
        char command;
        uint8_t packet[65];
        if (wait[0].revents && recv(fd, packet, sizeof packet, 0) == 64 && memcmp(packet, "USHB\1", 5) == 0)
            add(&count, packet, now_ms());
        if (!wait[1].revents)
            continue;
        if (read(STDIN_FILENO, &command, 1) != 1)
            break;
        if (command == 'z')
            count = (struct count){0};
        if (command == 'p')
            print_figures(&count);
    }
    return 0;
}

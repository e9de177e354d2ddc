// SPDX-License-Identifier: Apache-2.0
// The endpoint 10.88.0.1 of the emulated network.
#define _GNU_SOURCE
#include "wire.h"

#include <arpa/inet.h>
#include <endian.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SEQUENCES = 65536 };
// Each ping costs an emulated host several milliseconds of CPU time.
static const double INTERVAL_MS = 50, IN_FLIGHT_MS = 1000, ARP_MS = 200;
static const uint8_t my_mac[6] = {0x52, 0x54, 0, 0xee, 0, 1}, my_ip[4] = {10, 88, 0, 1}, broadcast[6] = {255, 255, 255, 255, 255, 255};

// Counters of one direction since the last reset; a gap that is still open counts too.
struct count {
    uint64_t received, duplicated;
    double last, longest;
};

static struct {
    bool on, known;
    uint8_t ip[4], mac[6];
    uint64_t sent;
    double sent_at[SEQUENCES], next, next_arp;
    bool answered[SEQUENCES];
    struct count answers;
} watch;

// The guest's clock stops while the guest is paused: guest_in_longest is how long the running guest sent nothing.
static struct {
    uint64_t first, highest, paths[3];
    struct count arrivals;
    double guest_last, guest_in_longest;
} heartbeats;

static int loopback = -1;
static endpoint_sender *send_frame;

void endpoint_open(endpoint_sender *sender)
{
    send_frame = sender;
}

double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void count(struct count *c)
{
    double at = now_ms();
    if (c->received++ && at - c->last > c->longest)
        c->longest = at - c->last;
    c->last = at;
}

static double longest_gap(const struct count *c)
{
    double open = c->received ? now_ms() - c->last : 0;
    return open > c->longest ? open : c->longest;
}

// The Internet checksum; a sum over data that contains it is 0.
static uint16_t checksum(const uint8_t *data, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (uint32_t)data[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

static void send_arp(uint8_t operation, const uint8_t *to, const uint8_t *ip)
{
    uint8_t frame[60] = {[12] = 8, [13] = 6, [15] = 1, [16] = 8, [18] = 6, [19] = 4, [21] = operation};
    memcpy(frame, to, 6);
    memcpy(frame + 6, my_mac, 6);
    memcpy(frame + 22, my_mac, 6);
    memcpy(frame + 28, my_ip, 4);
    memcpy(frame + 32, to, 6);
    memcpy(frame + 38, ip, 4);
    send_frame(frame, sizeof frame);
}

static void send_icmp(uint8_t type, const uint8_t *mac, const uint8_t *ip, const uint8_t *rest, size_t size)
{
    uint8_t frame[1514] = {[12] = 8, [14] = 0x45, [22] = 64, [23] = 1, [34] = type};
    uint16_t total = htons((uint16_t)(24 + size)), sum;
    memcpy(frame, mac, 6);
    memcpy(frame + 6, my_mac, 6);
    memcpy(frame + 16, &total, 2);
    memcpy(frame + 26, my_ip, 4);
    memcpy(frame + 30, ip, 4);
    memcpy(frame + 38, rest, size);
    sum = checksum(frame + 14, 20);
    memcpy(frame + 24, &sum, 2);
    sum = checksum(frame + 34, 4 + size);
    memcpy(frame + 36, &sum, 2);
    send_frame(frame, 38 + size < 60 ? 60 : 38 + size);
}

static void receive_arp(const uint8_t *frame)
{
    if (watch.on && memcmp(frame + 28, watch.ip, 4) == 0) {
        memcpy(watch.mac, frame + 22, 6);
        watch.known = true;
    }
    if (frame[21] == 1 && memcmp(frame + 38, my_ip, 4) == 0)
        send_arp(2, frame + 22, frame + 28);
}

static void receive_answer(uint16_t sequence)
{
    if (watch.sent_at[sequence] == 0)
        return;
    if (watch.answered[sequence])
        watch.answers.duplicated++;
    else
        count(&watch.answers);
    watch.answered[sequence] = true;
}

static void receive_heartbeat(const uint8_t *packet)
{
    uint64_t sequence;
    memcpy(&sequence, packet + 8, sizeof sequence);
    sequence = be64toh(sequence);
    if (!heartbeats.arrivals.received)
        heartbeats.first = sequence;
    else if (sequence <= heartbeats.highest)
        heartbeats.arrivals.duplicated++; // or late; a migration should cause neither
    if (sequence > heartbeats.highest)
        heartbeats.highest = sequence;
    uint64_t guest_ns;
    memcpy(&guest_ns, packet + 16, sizeof guest_ns);
    double guest = (double)be64toh(guest_ns) / 1e6, longest = heartbeats.arrivals.longest;
    count(&heartbeats.arrivals);
    if (heartbeats.arrivals.longest > longest)
        heartbeats.guest_in_longest = guest - heartbeats.guest_last;
    heartbeats.guest_last = guest;
    heartbeats.paths[packet[5] % 3]++;
}

static void receive_ip(const uint8_t *frame, size_t size)
{
    size_t head = (frame[14] & 15U) * 4, total = (size_t)frame[16] << 8 | frame[17];
    const uint8_t *body = frame + 14 + head;
    if (memcmp(frame + 30, my_ip, 4) != 0 || head < 20 || total < head + 8 || total + 14 > size)
        return;
    total -= head;
    bool watched = watch.on && memcmp(frame + 26, watch.ip, 4) == 0;
    if (frame[23] == 1 && body[0] == 8 && total <= 1480)
        send_icmp(0, frame + 6, frame + 26, body + 4, total - 4);
    if (frame[23] == 1 && body[0] == 0 && watched)
        receive_answer((uint16_t)(body[6] << 8 | body[7]));
    if (frame[23] == 17) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        if (loopback < 0)
            loopback = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        memcpy(&to.sin_port, body + 2, 2);
        if (watched && total == 72 && memcmp(body + 8, "USHB\1", 5) == 0)
            receive_heartbeat(body + 8);
        // The port may be closed.
        (void)!sendto(loopback, body + 8, total - 8, 0, (struct sockaddr *)&to, sizeof to);
    }
}

void endpoint_receive(const uint8_t *frame, size_t size)
{
    if (frame[12] == 8 && frame[13] == 6 && size >= 42)
        receive_arp(frame);
    else if (frame[12] == 8 && frame[13] == 0 && size >= 42)
        receive_ip(frame, size);
}

void endpoint_watch(const char *address)
{
    memset(&watch, 0, sizeof watch);
    memset(&heartbeats, 0, sizeof heartbeats);
    watch.on = inet_pton(AF_INET, address, watch.ip) == 1;
    watch.next = now_ms();
}

double endpoint_next(void)
{
    return watch.on ? watch.next : now_ms() + 1000;
}

void endpoint_ping(void)
{
    double now = now_ms();
    if (!watch.on || now < watch.next)
        return;
    watch.next = watch.next + INTERVAL_MS > now ? watch.next + INTERVAL_MS : now + INTERVAL_MS;
    if (!watch.known && now >= watch.next_arp) {
        watch.next_arp = now + ARP_MS;
        send_arp(1, broadcast, watch.ip);
    }
    if (!watch.known)
        return;
    uint16_t sequence = (uint16_t)watch.sent++;
    uint8_t rest[40] = {'U', 'S', (uint8_t)(sequence >> 8), (uint8_t)sequence};
    watch.sent_at[sequence] = now;
    watch.answered[sequence] = false;
    send_icmp(8, watch.mac, watch.ip, rest, sizeof rest);
}

// A ping that may still be answered is not counted.
void endpoint_figures(const char *folder)
{
    char part[256], file[256];
    uint64_t lost = 0, sent = 0;
    for (uint64_t n = watch.sent > SEQUENCES ? watch.sent - SEQUENCES : 0; n < watch.sent; n++) {
        bool answered = watch.answered[n % SEQUENCES];
        if (answered || now_ms() - watch.sent_at[n % SEQUENCES] > IN_FLIGHT_MS) {
            sent++;
            lost += !answered;
        }
    }
    uint64_t heartbeat_count = heartbeats.arrivals.received ? heartbeats.highest - heartbeats.first + 1 : 0;
    snprintf(part, sizeof part, "%s/figures.new", folder);
    snprintf(file, sizeof file, "%s/figures", folder);
    FILE *f = fopen(part, "w");
    if (!f)
        return;
    fprintf(f, "pings sent=%" PRIu64 " lost=%" PRIu64 " duplicated=%" PRIu64 " longest_gap_ms=%.0f\n", sent, lost,
            watch.answers.duplicated, longest_gap(&watch.answers));
    fprintf(f, "heartbeats sent=%" PRIu64 " lost=%" PRId64 " duplicated=%" PRIu64 " longest_gap_ms=%.0f guest_ms=%.0f primary=%" PRIu64 " standby=%" PRIu64 "\n",
            heartbeat_count, (int64_t)(heartbeat_count - heartbeats.arrivals.received + heartbeats.arrivals.duplicated), heartbeats.arrivals.duplicated,
            longest_gap(&heartbeats.arrivals), heartbeats.guest_in_longest, heartbeats.paths[1], heartbeats.paths[2]);
    if (fclose(f) == 0)
        rename(part, file);
}


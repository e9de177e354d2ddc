// SPDX-License-Identifier: Apache-2.0
// The data network of the two-host lab: a learning switch whose ports are QEMU's '-netdev stream' on unix sockets, and an
// endpoint 10.88.0.1, which answers ARP and pings, pings a given address, counts lost frames, and forwards UDP to the same
// port of 127.0.0.1.
// Usage: wire FOLDER PORTS. Its sockets are FOLDER/wire.1, ...; commands are lines written to FOLDER/wire.control:
//   watch ADDRESS    resets the counters and pings the address every 50 ms; 'nothing' ends the pings
//   figures          writes the counters to FOLDER/figures
// Moves of MACs from port to port go to stdout.
#define _GNU_SOURCE
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { MAX_PORTS = 4, ENDPOINT = -1, NOWHERE = -2, MAX_FRAME = 65536, BUFFER = 1 << 20, MACS = 256 };

struct port {
    int listener, peer;
    size_t in, out;
    uint8_t received[BUFFER], waiting[BUFFER];
};

struct mac_entry {
    uint8_t mac[6];
    int port;
};

static struct port ports[MAX_PORTS];
static struct mac_entry macs[MACS];
static int port_count, mac_count;
static const char *folder;

static void disconnect(struct port *p)
{
    close(p->peer);
    p->peer = -1;
    p->in = p->out = 0;
    for (int i = 0; i < mac_count; i++)
        if (macs[i].port == p - ports)
            macs[i].port = NOWHERE;
}

static void flush_port(struct port *p)
{
    ssize_t n = send(p->peer, p->waiting, p->out, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN)
        disconnect(p);
    if (n > 0)
        memmove(p->waiting, p->waiting + n, p->out -= (size_t)n);
}

static void send_to(int to, const uint8_t *frame, size_t size)
{
    if (to == ENDPOINT) {
        endpoint_receive(frame, size);
        return;
    }
    struct port *p = &ports[to];
    uint32_t length = htonl((uint32_t)size);
    // Frames for a QEMU that does not read are dropped when the buffer is full, as on a cable.
    if (p->peer < 0 || p->out + 4 + size > BUFFER)
        return;
    memcpy(p->waiting + p->out, &length, 4);
    memcpy(p->waiting + p->out + 4, frame, size);
    p->out += 4 + size;
    flush_port(p);
}

static struct mac_entry *find_mac(const uint8_t *mac)
{
    for (int i = 0; i < mac_count; i++)
        if (memcmp(macs[i].mac, mac, 6) == 0)
            return &macs[i];
    return NULL;
}

static void learn(int from, const uint8_t *mac)
{
    struct mac_entry *entry = find_mac(mac);
    if (mac[0] & 1 || (entry && entry->port == from))
        return;
    if (!entry) {
        entry = &macs[mac_count < MACS ? mac_count++ : rand() % MACS];
        memcpy(entry->mac, mac, 6);
    }
    entry->port = from;
    printf("%.0f %02x:%02x:%02x:%02x:%02x:%02x port %d\n", now_ms(), mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], from + 1);
}

// from: the number of a port, or ENDPOINT
static void deliver(int from, const uint8_t *frame, size_t size)
{
    learn(from, frame + 6);
    struct mac_entry *to = frame[0] & 1 ? NULL : find_mac(frame);
    if (to && to->port != NOWHERE) {
        if (to->port != from)
            send_to(to->port, frame, size);
        return;
    }
    for (int i = ENDPOINT; i < port_count; i++)
        if (i != from)
            send_to(i, frame, size);
}

static void deliver_from_endpoint(const uint8_t *frame, size_t size)
{
    deliver(ENDPOINT, frame, size);
}

// Each frame is preceded by its length.
static void read_port(struct port *p)
{
    ssize_t n = recv(p->peer, p->received + p->in, BUFFER - p->in, MSG_DONTWAIT);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            disconnect(p);
        return;
    }
    size_t at = 0;
    for (p->in += (size_t)n; p->peer >= 0 && p->in - at >= 4;) {
        uint32_t size;
        memcpy(&size, p->received + at, 4);
        size = ntohl(size);
        if (size < 14 || size > MAX_FRAME) {
            disconnect(p);
            return;
        }
        if (p->in - at - 4 < size)
            break;
        deliver((int)(p - ports), p->received + at + 4, size);
        at += 4 + size;
    }
    if (p->peer >= 0)
        memmove(p->received, p->received + at, p->in -= at);
}

// A new QEMU replaces the previous one.
static void accept_peer(struct port *p)
{
    int peer = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
    if (peer < 0)
        return;
    if (p->peer >= 0)
        disconnect(p);
    p->peer = peer;
}

static void run_command(char *line)
{
    if (strncmp(line, "watch ", 6) == 0) {
        endpoint_watch(line + 6);
    } else if (strcmp(line, "figures") == 0) {
        endpoint_figures(folder);
    } else {
        fprintf(stderr, "wire: unknown command '%s'\n", line);
    }
}

static void read_commands(int control)
{
    static char line[256];
    static size_t size;
    ssize_t n = read(control, line + size, sizeof line - 1 - size);
    char *end;
    if (n <= 0)
        return;
    line[size += (size_t)n] = 0;
    while ((end = strchr(line, '\n'))) {
        *end = 0;
        run_command(line);
        memmove(line, end + 1, size -= (size_t)(end + 1 - line));
        line[size] = 0;
    }
    if (size == sizeof line - 1)
        size = 0;
}

static void fail(const char *what)
{
    fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int listen_at(int number)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (snprintf(at.sun_path, sizeof at.sun_path, "%s/wire.%d", folder, number) >= (int)sizeof at.sun_path) {
        errno = ENAMETOOLONG;
        fail(folder);
    }
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1) != 0)
        fail(at.sun_path);
    return fd;
}

static int open_control(void)
{
    char path[256];
    snprintf(path, sizeof path, "%s/wire.control", folder);
    int fd = mkfifo(path, 0600) == 0 ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        fail(path);
    return fd;
}

int main(int argc, char **argv)
{
    port_count = argc == 3 ? atoi(argv[2]) : 0;
    if (port_count < 1 || port_count > MAX_PORTS) {
        fprintf(stderr, "usage: wire FOLDER PORTS\n");
        return 2;
    }
    folder = argv[1];
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < port_count; i++)
        ports[i].peer = -1, ports[i].listener = listen_at(i + 1);
    int control = open_control();
    endpoint_open(deliver_from_endpoint);
    for (;;) {
        struct pollfd wait[1 + 2 * MAX_PORTS] = {{.fd = control, .events = POLLIN}};
        for (int i = 0; i < port_count; i++) {
            wait[1 + 2 * i] = (struct pollfd){.fd = ports[i].listener, .events = POLLIN};
            wait[2 + 2 * i] = (struct pollfd){.fd = ports[i].peer, .events = (short)(POLLIN | (ports[i].out ? POLLOUT : 0))};
        }
        double left = endpoint_next() - now_ms();
        if (poll(wait, (nfds_t)(1 + 2 * port_count), left > 0 ? (int)left + 1 : 0) < 0 && errno != EINTR)
            fail("poll");
        if (wait[0].revents)
            read_commands(control);
        for (int i = 0; i < port_count; i++) {
            if (wait[2 + 2 * i].revents & POLLOUT && ports[i].peer == wait[2 + 2 * i].fd)
                flush_port(&ports[i]);
            if (wait[2 + 2 * i].revents & ~POLLOUT && ports[i].peer == wait[2 + 2 * i].fd)
                read_port(&ports[i]);
            if (wait[1 + 2 * i].revents)
                accept_peer(&ports[i]);
        }
        endpoint_ping();
    }
}

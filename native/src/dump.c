/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lists over netlink, and trusts no length in them. Source: netlink(7), rtnetlink(7). */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

/* The row of a PF with 256 VFs has some 60 KB, and the kernel sends it in one message. */
#define BUFFER_SIZE (1 << 20)

/* While the kernel makes 128 VFs, a list can change under the reader this often. */
#define ATTEMPTS 32

bool usvf_attribute_next(struct usvf_attributes *rest, struct usvf_attribute *attribute) {
    struct rtattr head;
    if (rest->left < sizeof head)
        return false;
    memcpy(&head, rest->at, sizeof head);
    if (head.rta_len < sizeof head || head.rta_len > rest->left)
        return false;
    *attribute = (struct usvf_attribute){
        .type = head.rta_type & NLA_TYPE_MASK, .data = rest->at + RTA_LENGTH(0), .size = head.rta_len - RTA_LENGTH(0)};
    size_t whole = RTA_ALIGN(head.rta_len);
    if (whole > rest->left)
        whole = rest->left;
    rest->at += whole;
    rest->left -= whole;
    return true;
}

struct usvf_attributes usvf_attributes_after(const void *body, size_t size, size_t header) {
    size_t skip = NLMSG_ALIGN(header);
    if (skip > size)
        skip = size;
    return (struct usvf_attributes){(const char *)body + skip, size - skip};
}

bool usvf_dump_parse(struct usvf_dump *dump, const void *buffer, size_t left, usvf_dump_visitor *visit, void *context) {
    const char *at = buffer;
    while (left >= sizeof(struct nlmsghdr) && !dump->done) {
        struct nlmsghdr head;
        memcpy(&head, at, sizeof head);
        if (head.nlmsg_len < sizeof head || head.nlmsg_len > left)
            return false;
        size_t size = head.nlmsg_len - NLMSG_HDRLEN;
        dump->changed |= (head.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        dump->done = head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR;
        if (!dump->done) {
            visit(head.nlmsg_type, at + NLMSG_HDRLEN, size, context);
        } else if (size >= sizeof(int)) { /* both carry an errno, 0 at the end of a complete list */
            int code;
            memcpy(&code, at + NLMSG_HDRLEN, sizeof code);
            dump->refused = code < 0 && code != INT32_MIN ? -code : 0;
        }
        size_t whole = NLMSG_ALIGN(head.nlmsg_len);
        if (whole > left)
            whole = left;
        at += whole;
        left -= whole;
    }
    return dump->done || left == 0;
}

static int receive(int socket, char *buffer, const char *what, struct usvf_dump *dump, usvf_dump_visitor *visit,
    void *context, struct usvf_error *error) {
    while (!dump->done) {
        ssize_t got = recv(socket, buffer, BUFFER_SIZE, MSG_TRUNC);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return usvf_fail(error, USVF_FAILED, "list of %s cannot be read: %s", what, strerror(errno));
        if (got > BUFFER_SIZE || !usvf_dump_parse(dump, buffer, (size_t)got, visit, context))
            return usvf_fail(error, USVF_FAILED, "list of %s from the kernel is damaged", what);
    }
    return dump->refused
        ? usvf_fail(error, USVF_FAILED, "list of %s was refused by the kernel: %s", what, strerror(dump->refused))
        : USVF_OK;
}

int usvf_dump_read(int protocol, const void *request, size_t size, const char *what, usvf_dump_visitor *visit,
    usvf_dump_reset *reset, void *context, struct usvf_error *error) {
    char *buffer = malloc(BUFFER_SIZE);
    int socket_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    struct usvf_dump dump = {.changed = true};
    int result = USVF_OK;
    for (int i = 0; i < ATTEMPTS && dump.changed && result == USVF_OK; i++) {
        dump = (struct usvf_dump){0};
        reset(context);
        if (!buffer || socket_ < 0 || send(socket_, request, size, 0) < 0)
            result = usvf_fail(error, usvf_code_of(errno), "list of %s cannot be requested: %s", what, strerror(errno));
        else
            result = receive(socket_, buffer, what, &dump, visit, context, error);
    }
    if (result == USVF_OK && dump.changed)
        result = usvf_fail(error, USVF_FAILED, "list of %s kept changing while it was read", what);
    if (socket_ >= 0)
        close(socket_);
    free(buffer);
    return result;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The mode of the embedded switch, as "devlink dev eswitch show" reads it. Sources: linux/devlink.h, linux/genetlink.h. */
#define _GNU_SOURCE
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "devlink.h"

void usvf_devlink_row(uint16_t type, const void *body, size_t size, void *context) {
    struct usvf_devlink *devlink = context;
    struct usvf_attributes rest = usvf_attributes_after(body, size, GENL_HDRLEN);
    struct usvf_attribute attribute;
    uint16_t value;
    while (usvf_attribute_next(&rest, &attribute)) {
        if (attribute.size < sizeof value)
            continue;
        memcpy(&value, attribute.data, sizeof value);
        if (type == GENL_ID_CTRL && attribute.type == CTRL_ATTR_FAMILY_ID)
            devlink->family = value;
        else if (type != GENL_ID_CTRL && attribute.type == DEVLINK_ATTR_ESWITCH_MODE)
            devlink->switchdev = value == DEVLINK_ESWITCH_MODE_SWITCHDEV;
    }
}

static void begin(void *devlink) {
    ((struct usvf_devlink *)devlink)->switchdev = false;
}

static void ask(struct usvf_devlink *devlink, const struct usvf_request *request) {
    struct nlmsghdr head;
    struct usvf_error error;
    memcpy(&head, request->bytes, sizeof head);
    usvf_dump_read(NETLINK_GENERIC, request->bytes, head.nlmsg_len, "devlink", usvf_devlink_row, begin, devlink, &error);
}

static void ask_for_family(struct usvf_devlink *devlink) {
    const struct genlmsghdr command = {.cmd = CTRL_CMD_GETFAMILY, .version = 1};
    struct usvf_request request;
    usvf_request_begin(&request, GENL_ID_CTRL, 0, &command, sizeof command);
    usvf_request_add(&request, CTRL_ATTR_FAMILY_NAME, DEVLINK_GENL_NAME, sizeof DEVLINK_GENL_NAME);
    ask(devlink, &request);
    devlink->asked = true;
}

bool usvf_devlink_switchdev(struct usvf_devlink *devlink, struct usvf_address pf) {
    const struct genlmsghdr command = {.cmd = DEVLINK_CMD_ESWITCH_GET, .version = DEVLINK_GENL_VERSION};
    char name[USVF_ADDRESS_TEXT];
    struct usvf_request request;
    devlink->switchdev = false;
    if (!devlink->asked)
        ask_for_family(devlink);
    if (!devlink->family)
        return false;
    usvf_address_text(pf, name);
    usvf_request_begin(&request, devlink->family, 0, &command, sizeof command);
    usvf_request_add(&request, DEVLINK_ATTR_BUS_NAME, "pci", sizeof "pci");
    usvf_request_add(&request, DEVLINK_ATTR_DEV_NAME, name, strlen(name) + 1);
    ask(devlink, &request);
    return devlink->switchdev;
}

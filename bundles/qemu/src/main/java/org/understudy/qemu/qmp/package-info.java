// SPDX-License-Identifier: Apache-2.0
/**
 * Speaks QMP, QEMU's monitor protocol, over a Unix socket.
 *
 * <p>Owns the words command, reply, event and schema. Called by the packages that start and probe QEMU. Each client has
 * two threads: one reads the socket, one hands events on; commands may be sent from any thread, also from the one that
 * delivers events.
 */
package org.understudy.qemu.qmp;

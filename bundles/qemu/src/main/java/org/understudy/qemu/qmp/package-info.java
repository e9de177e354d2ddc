// SPDX-License-Identifier: Apache-2.0
/**
 * A client of QMP, the monitor protocol of QEMU, over a Unix socket.
 *
 * <p>Terms: command, reply, event and schema. Called by the packages that start and probe QEMU. Each client has two
 * threads: one reads the socket, one delivers events. Commands may be sent from any thread, including the thread that
 * delivers events.
 */
package org.understudy.qemu.qmp;

// SPDX-License-Identifier: Apache-2.0
/**
 * A client of QMP, the monitor protocol of QEMU, over a Unix socket.
 *
 * <p>Terms: command, reply, event and schema. Called by the packages that start and probe QEMU. Each client has a
 * thread that reads the socket; events are delivered on threads of the caller's pool. Commands may be sent from any thread,
 * including the thread that delivers events.
 */
package org.understudy.qemu.qmp;

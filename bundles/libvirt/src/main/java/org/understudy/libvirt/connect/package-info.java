// SPDX-License-Identifier: Apache-2.0
/**
 * Connections to libvirt, and functions that libvirt-java lacks.
 *
 * <p>Owns the event loop, the connections with their reconnects, and the table of errors. Called by the other packages of this
 * bundle. Calls may be made from any thread and block until libvirt answers or the host is lost; libvirt runs them on the pool
 * {@code understudy-libvirt-calls}, each on a connection that no other thread uses meanwhile. libvirt's callbacks run on the
 * loop's thread, {@code libvirt-events}, and only hand off.
 */
package org.understudy.libvirt.connect;

// SPDX-License-Identifier: Apache-2.0
/**
 * Connections to libvirt, and what libvirt-java lacks.
 *
 * <p>Owns the event loop, the connection that heals, and the table of errors. Called by the other packages of this
 * bundle. Calls may be made from any thread and block for libvirt's answer. libvirt's callbacks run on the loop's
 * thread, {@code libvirt-events}, and only hand off; a lost connection is opened again on the thread of its host,
 * {@code libvirt-keeper HOST}.
 */
package org.understudy.libvirt.connect;

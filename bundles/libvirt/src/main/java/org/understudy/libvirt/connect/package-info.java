// SPDX-License-Identifier: Apache-2.0
/**
 * Connections to libvirt, and functions that libvirt-java lacks.
 *
 * <p>Owns the event loop, the connection with its reconnects, and the table of errors. Called by the other packages of this
 * bundle. Calls may be made from any thread and block for libvirt's answer. libvirt's callbacks run on the loop's
 * thread, {@code libvirt-events}, and only hand off; a lost connection is reopened on the pool
 * {@code understudy-libvirt-connections}, which all hosts share.
 */
package org.understudy.libvirt.connect;

// SPDX-License-Identifier: Apache-2.0
/**
 * The domains of one host: states, definitions and primaries.
 *
 * <p>"Domain" is libvirt's term for a VM and is used only in this bundle. Called by {@code org.understudy.libvirt.host} and
 * {@code org.understudy.libvirt.migrate}. Stateless; calls block for libvirt's answer and may be made from any thread.
 */
package org.understudy.libvirt.domain;

// SPDX-License-Identifier: Apache-2.0
/**
 * The domains of one host: states, definitions, and what became of their primaries.
 *
 * <p>"Domain" is libvirt's word for a VM and is used only here. Called by {@code org.understudy.libvirt.host} and
 * {@code org.understudy.libvirt.migrate}. Stateless; calls block for libvirt's answer and may be made from any thread.
 */
package org.understudy.libvirt.domain;

// SPDX-License-Identifier: Apache-2.0
/**
 * Reads a libvirt domain XML and writes QEMU's command line for it.
 *
 * <p>Owns the words domain (the model read from the XML), site (what the host adds to it) and slot (where a device sits
 * in the guest). The rule of this package: what is not mapped is a finding; nothing is dropped in silence. Guest
 * addresses are a function of the XML alone, so the two ends of a migration always agree. Called by {@code host}.
 * Immutable, no I/O apart from {@link org.understudy.qemu.domain.FirmwareCatalog}; safe for use from any thread.
 */
package org.understudy.qemu.domain;

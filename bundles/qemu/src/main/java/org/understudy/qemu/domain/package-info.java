// SPDX-License-Identifier: Apache-2.0
/**
 * Maps a libvirt domain XML to a QEMU command line.
 *
 * <p>Terms: domain (the model read from the XML), host overrides (values that the host adds) and PCI address (where a
 * device is plugged in the guest). Every part of the XML that is not mapped becomes a finding. Guest addresses are a
 * function of the XML alone, so source and destination of a migration always agree. Called by {@code host}. Immutable;
 * no I/O except in {@link org.understudy.qemu.domain.FirmwareCatalog}; safe for use from any thread.
 */
package org.understudy.qemu.domain;

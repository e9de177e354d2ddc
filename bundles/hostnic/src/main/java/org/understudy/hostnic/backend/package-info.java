// SPDX-License-Identifier: Apache-2.0
/**
 * Backends that read and change the SR-IOV functions of one host: in process, by command, over ssh or through libvirt.
 *
 * <p>Owns the terms inventory (all functions of a host at one moment), lease owner and lease token (proof of a
 * lease). Called by {@code org.understudy.hostnic.host}. Safe for use from any thread; calls block for the host's answer.
 */
package org.understudy.hostnic.backend;

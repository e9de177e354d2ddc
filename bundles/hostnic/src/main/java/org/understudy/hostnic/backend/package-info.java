// SPDX-License-Identifier: Apache-2.0
/**
 * The SR-IOV functions of one host behind one interface, however they are reached.
 *
 * <p>Owns the words reading (all functions of a host at one moment), claim (who wants a VF) and ticket (what proves a
 * lease). Called by {@code org.understudy.hostnic.host}. Safe for use from any thread; calls block for the host's answer.
 */
package org.understudy.hostnic.backend;

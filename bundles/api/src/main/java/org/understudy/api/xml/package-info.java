// SPDX-License-Identifier: Apache-2.0
/**
 * Reads libvirt domain XML, whoever wrote it and in whatever encoding, and changes it without touching a byte that need
 * not change.
 *
 * <p>Owns the words document, element, edit, layout and byte order mark. The one place where domain XML is parsed: called by the linter,
 * the planner and every connector. It is here, though it is no vocabulary, because bundles share nothing but this one;
 * it needs the JDK alone and does no I/O. Documents are immutable and safe for use from any thread.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package org.understudy.api.xml;

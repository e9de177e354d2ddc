// SPDX-License-Identifier: Apache-2.0
/**
 * Reads libvirt domain XML in any encoding, and edits it without changing any other byte.
 *
 * <p>Owns the words document, element, edit, layout and byte order mark. The only place where domain XML is parsed, and
 * where its amounts of memory, machine types and PCI addresses are read: called by the linter, the pair editor and every
 * connector. It uses only the JDK and does no I/O. Documents are immutable and safe for use from any thread.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package org.understudy.api.xml;

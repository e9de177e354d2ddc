// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.UUID;

/**
 * The name of a VM, unique on its host. libvirt allows almost any text as a name, so a name becomes part of a file name, URL,
 * command or message only by {@link #encoded} or {@link #toString}.
 *
 * @param value any text except an empty one
 */
public record VmName(String value) implements VmAddress, Comparable<VmName> {
    /**
     * Checks the value.
     *
     * @param value any text except an empty one
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the name is empty
     */
    public VmName {
        if (value.isEmpty()) {
            throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "The name of a VM must not be empty");
        }
    }

    /**
     * Reads an encoded name.
     *
     * @param text what {@link #encoded} returned
     * @return the name
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the text has another form
     */
    public static VmName decoded(String text) {
        return new VmName(NameEncoding.decode(text));
    }

    /**
     * {@return the name in ASCII letters, digits, dot, hyphen, underscore and tilde, of which it starts with no dot or hyphen} Every
     * name has one such form, and a name without other characters and without tilde is its own.
     */
    public String encoded() {
        return NameEncoding.encode(value);
    }

    @Override
    public boolean matches(HostName host, String name, UUID uuid) {
        return value.equals(name);
    }

    @Override
    public int compareTo(VmName other) {
        return value.compareTo(other.value);
    }

    /** {@return the name for messages and logs: characters that change lines or the direction of a text are escaped} */
    @Override
    public String toString() {
        return NameEncoding.display(value);
    }
}

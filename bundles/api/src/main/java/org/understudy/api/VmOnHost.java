// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A VM on one host.
 *
 * @param host the host
 * @param vm the name or the UUID of the VM
 */
public record VmOnHost(HostName host, String vm) implements VmAddress {
    /** The form in which libvirt prints a UUID. */
    private static final Pattern UUID_FORM = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    /**
     * Checks the value.
     *
     * @param host the host
     * @param vm the name or the UUID of the VM
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the name is empty
     */
    public VmOnHost {
        withoutHost(vm);
    }

    /**
     * Reads an address with or without a host. The text before the first slash is the host if it has the form of a host name;
     * libvirt allows no slash in the name of a VM.
     *
     * @param text {@code NAME}, {@code UUID}, {@code HOST/NAME} or {@code HOST/UUID}
     * @return the address
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} for an empty text
     */
    public static VmAddress parse(String text) {
        int slash = text.indexOf('/');
        boolean hasHost = slash > 0 && slash < text.length() - 1 && Names.isValid(text.substring(0, slash));
        return hasHost
                ? new VmOnHost(new HostName(text.substring(0, slash)), text.substring(slash + 1))
                : withoutHost(text);
    }

    /**
     * Reads an address that names no host.
     *
     * @param text {@code NAME} or {@code UUID}
     * @return the address
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} for an empty text
     */
    public static VmAddress withoutHost(String text) {
        return UUID_FORM.matcher(text).matches() ? new VmUuid(UUID.fromString(text)) : new VmName(text);
    }

    /** {@return the address of the VM without the host} */
    public VmAddress onAnyHost() {
        return withoutHost(vm);
    }

    @Override
    public boolean matches(HostName on, String name, UUID uuid) {
        return host.equals(on) && onAnyHost().matches(on, name, uuid);
    }

    @Override
    public String toString() {
        return host + "/" + onAnyHost();
    }
}

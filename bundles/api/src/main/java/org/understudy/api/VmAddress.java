// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.UUID;
import java.util.regex.Pattern;
import org.osgi.annotation.versioning.ProviderType;

/**
 * How a caller addresses a VM: by {@link VmName}, {@link VmUuid} or {@link VmOnHost}. The name suffices unless several VMs have it;
 * a call then fails with {@link ErrorCode#VM_AMBIGUOUS} and names the other forms.
 */
@ProviderType
public interface VmAddress {
    /** The form in which libvirt prints a UUID. */
    Pattern UUID_FORM = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    /**
     * Reads an address. The text before the first slash is the host if it has the form of a host name; libvirt allows no slash in
     * the name of a VM.
     *
     * @param text {@code NAME}, {@code UUID}, {@code HOST/NAME} or {@code HOST/UUID}
     * @return the address
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} for an empty text
     */
    static VmAddress parse(String text) {
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
    static VmAddress withoutHost(String text) {
        return UUID_FORM.matcher(text).matches() ? new VmUuid(UUID.fromString(text)) : new VmName(text);
    }

    /**
     * {@return whether this is the address of a VM}
     *
     * @param host a host that has the VM
     * @param name its name there
     * @param uuid its UUID
     */
    boolean matches(HostName host, VmName name, UUID uuid);
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import org.libvirt.LibvirtException;

/** What is asked of libvirt on an open connection. */
@FunctionalInterface
public interface LibvirtCall<T> {
    T on(NativeConnect connect) throws LibvirtException;
}

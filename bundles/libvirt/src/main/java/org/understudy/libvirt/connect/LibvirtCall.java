// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import org.libvirt.LibvirtException;

/** A call on an open connection. */
@FunctionalInterface
public interface LibvirtCall<T> {
    T apply(NativeConnect connect) throws LibvirtException;
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;

/**
 * The state of a host.
 *
 * @param name its name in the configuration
 * @param connector such as {@code qemu}
 * @param available whether the host answers
 * @param summary one line, such as {@code QEMU 7.2.22, TCG}
 * @param findings what is wrong with it
 */
public record HostView(HostName name, String connector, boolean available, String summary, List<Finding> findings) {}

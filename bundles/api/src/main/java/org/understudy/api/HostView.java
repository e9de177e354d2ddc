// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;

/**
 * A host as an admin sees it.
 *
 * @param name its name in the configuration
 * @param connector such as {@code qemu}
 * @param available whether it answers now
 * @param summary one line, such as {@code QEMU 7.2.22, TCG}
 * @param findings what is wrong with it
 */
public record HostView(HostName name, String connector, boolean available, String summary, List<Finding> findings) {}

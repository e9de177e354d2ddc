// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.Finding;

/** A check of this server by another bundle of Understudy, which {@link org.understudy.api.Doctor} runs. An OSGi service. */
@ProviderType
public interface ServerCheck {
    /** {@return what is wrong, or a {@link org.understudy.api.FindingCode#HEALTHY} notice} */
    List<Finding> findings();
}

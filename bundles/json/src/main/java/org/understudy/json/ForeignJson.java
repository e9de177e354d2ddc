// SPDX-License-Identifier: Apache-2.0
package org.understudy.json;

import com.fasterxml.jackson.databind.json.JsonMapper;

/** For JSON whose form other programs define, such as QMP, and which is read key by key. */
public final class ForeignJson {
    /** Without settings. */
    public static final JsonMapper MAPPER = new JsonMapper();

    private ForeignJson() {}
}

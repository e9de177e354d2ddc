// SPDX-License-Identifier: Apache-2.0
package org.understudy.json;

import com.fasterxml.jackson.databind.json.JsonMapper;

/** For JSON that is read or written key by key, as of QMP and requests, and not as a record of the API. */
public final class ForeignJson {
    /** Without settings. */
    public static final JsonMapper MAPPER = new JsonMapper();

    private ForeignJson() {}
}

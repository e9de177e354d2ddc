// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import javax.servlet.http.HttpServletResponse;

/**
 * What a call answers.
 *
 * @param type the content type
 * @param body the text
 */
record Answer(int status, String type, String body) {
    static Answer ok(String json) {
        return json(HttpServletResponse.SC_OK, json);
    }

    static Answer json(int status, String json) {
        return new Answer(status, "application/json", json);
    }

    static Answer xml(String document) {
        return new Answer(HttpServletResponse.SC_OK, "application/xml", document);
    }
}

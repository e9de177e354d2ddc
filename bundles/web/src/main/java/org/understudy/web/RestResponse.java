// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import javax.servlet.http.HttpServletResponse;
import org.understudy.api.xml.XmlBytes;

/**
 * The response to a REST request.
 *
 * @param type the content type
 * @param charset the encoding of the body
 */
record RestResponse(int status, String type, Charset charset, byte[] body) {
    static RestResponse ok(String json) {
        return json(HttpServletResponse.SC_OK, json);
    }

    static RestResponse json(int status, String json) {
        return json(status, "application/json", json);
    }

    /** @param type a content type with the syntax of JSON */
    static RestResponse json(int status, String type, String json) {
        return new RestResponse(status, type, StandardCharsets.UTF_8, json.getBytes(StandardCharsets.UTF_8));
    }

    /** In the encoding that the document names. */
    static RestResponse xml(String document) {
        return new RestResponse(
                HttpServletResponse.SC_OK, "application/xml", XmlBytes.charset(document), XmlBytes.write(document));
    }

    void sendTo(HttpServletResponse response) throws IOException {
        response.setStatus(status);
        response.setContentType(type);
        response.setCharacterEncoding(charset.name());
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}

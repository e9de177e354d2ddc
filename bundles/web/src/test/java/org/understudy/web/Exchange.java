// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.lenient;
import static org.mockito.Mockito.mock;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.servlet.ReadListener;
import javax.servlet.ServletException;
import javax.servlet.ServletInputStream;
import javax.servlet.ServletOutputStream;
import javax.servlet.WriteListener;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.understudy.api.JsonView;

/** One request and its response, without a server. */
final class Exchange {
    /** Shows in a response which value would be written. */
    static final JsonView VIEW = String::valueOf;

    /** Without a source of events. */
    static EventHub events() {
        EventHub events = mock(EventHub.class);
        lenient().when(events.lastId()).thenReturn("run-1");
        return events;
    }

    final HttpServletRequest request = mock(HttpServletRequest.class);
    final HttpServletResponse response = mock(HttpServletResponse.class);
    final Map<String, String> headers = new ConcurrentHashMap<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    int status = 200;

    /** @param path below the servlet, such as {@code /web1/pair}; the query follows a question mark */
    Exchange(String method, String path, String content) throws IOException {
        this(method, path, content.getBytes(StandardCharsets.UTF_8));
    }

    Exchange(String method, String path, byte[] content) throws IOException {
        String[] parts = path.split("\\?");
        lenient().when(request.getMethod()).thenReturn(method);
        lenient().when(request.getPathInfo()).thenReturn(parts[0].isEmpty() ? null : parts[0]);
        lenient().when(request.getHeader("X-Requested-With")).thenReturn("test");
        lenient().when(request.getHeaderNames()).thenReturn(Collections.emptyEnumeration());
        lenient().when(request.getQueryString()).thenReturn(parts.length == 2 ? parts[1] : null);
        lenient().when(request.getInputStream()).thenReturn(input(content));
        Map<String, Object> attributes = new ConcurrentHashMap<>();
        lenient()
                .doAnswer(call -> attributes.put(call.getArgument(0), call.getArgument(1)))
                .when(request)
                .setAttribute(anyString(), any());
        lenient()
                .when(request.getAttribute(anyString()))
                .thenAnswer(call -> attributes.get(call.<String>getArgument(0)));
        lenient().when(response.getOutputStream()).thenReturn(output());
        lenient().doAnswer(call -> status = call.getArgument(0)).when(response).setStatus(anyInt());
        lenient().doAnswer(call -> status = call.getArgument(0)).when(response).sendError(anyInt());
        doAnswer(call -> headers.put("Content-Type", call.getArgument(0)))
                .when(response)
                .setContentType(any());
        doAnswer(call -> headers.put("charset", call.getArgument(0)))
                .when(response)
                .setCharacterEncoding(any());
        doAnswer(call -> headers.put(call.getArgument(0), call.getArgument(1)))
                .when(response)
                .setHeader(anyString(), anyString());
        doAnswer(call -> headers.merge(call.getArgument(0), call.getArgument(1), (one, more) -> one + ", " + more))
                .when(response)
                .addHeader(anyString(), anyString());
    }

    Exchange through(HttpServlet servlet) throws IOException, ServletException {
        servlet.service((javax.servlet.ServletRequest) request, response);
        return this;
    }

    String body() {
        return body.toString(StandardCharsets.UTF_8);
    }

    byte[] bytes() {
        return body.toByteArray();
    }

    private static ServletInputStream input(byte[] content) {
        ByteArrayInputStream bytes = new ByteArrayInputStream(content);
        return new ServletInputStream() {
            @Override
            public boolean isFinished() {
                return bytes.available() == 0;
            }

            @Override
            public boolean isReady() {
                return true;
            }

            @Override
            public void setReadListener(ReadListener listener) {
                throw new UnsupportedOperationException();
            }

            @Override
            public int read() {
                return bytes.read();
            }
        };
    }

    private ServletOutputStream output() {
        return new ServletOutputStream() {
            @Override
            public boolean isReady() {
                return true;
            }

            @Override
            public void setWriteListener(WriteListener listener) {
                throw new UnsupportedOperationException();
            }

            @Override
            public void write(int b) {
                body.write(b);
            }
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import javax.servlet.DispatcherType;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.servlet.FilterHolder;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.understudy.api.Role;
import org.understudy.web.access.Caller;

/** The servlets in the HTTP server that Karaf has; every request is that of an admin. */
final class WebServer implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();

    /** Far fewer than streams of events. */
    private static final int THREADS = 16;

    private final RouteTable routes = new RouteTable();
    private final Server server = new Server(new QueuedThreadPool(THREADS));
    private final HttpClient client = HttpClient.newHttpClient();
    private final int port;

    WebServer() throws Exception {
        HttpConfiguration configuration = new HttpConfiguration();
        // As in the distribution.
        configuration.setRequestHeaderSize(64 << 10);
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(configuration));
        connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
        server.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler();
        context.setContextPath("/understudy");
        ServletHolder holder = new ServletHolder(new DispatcherServlet(new AuditTrail()));
        holder.setAsyncSupported(true);
        FilterHolder login = new FilterHolder((request, response, chain) -> {
            routes.find((HttpServletRequest) request).attach(request);
            new Caller("admin", Set.of(Role.ADMIN), new Caller.Password(), "127.0.0.1").attach(request);
            chain.doFilter(request, response);
        });
        login.setAsyncSupported(true);
        context.addFilter(login, "/*", EnumSet.of(DispatcherType.REQUEST));
        context.addServlet(holder, "/*");
        server.setHandler(context);
        server.start();
        port = connector.getLocalPort();
    }

    WebServer with(String path, HttpServlet servlet) {
        routes.addServlet(servlet, Map.of(RouteTable.PATH, path));
        return this;
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/understudy" + path));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    HttpResponse<byte[]> bytes(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofByteArray());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    /** A request with a method that changes something. */
    HttpResponse<String> change(String method, String path, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .header("X-Requested-With", "test");
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request);
    }

    static JsonNode json(HttpResponse<String> response) throws IOException {
        return JSON.readTree(response.body());
    }

    /** A connection on which a test sends what no client would. */
    Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port);
    }

    /** The response to the head of a request whose body is never sent. */
    String responseToHead(String head) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write((head + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            // Otherwise the server waits for the body before it closes the connection.
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IOException("The server did not stop", e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code /understudy/metrics} in the text format of Prometheus. The dispatcher of bundle web forwards requests to it. */
@Component(service = HttpServlet.class, property = "understudy.path=/metrics")
public final class MetricsServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private final transient Metrics metrics;
    private final transient PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();

    @Activate
    public MetricsServlet(@Reference Metrics metrics) {
        this.metrics = metrics;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        writer.write(text, metrics.scrape(), EscapingScheme.UNDERSCORE_ESCAPING);
        response.setContentType(PrometheusTextFormatWriter.CONTENT_TYPE);
        response.setContentLength(text.size());
        text.writeTo(response.getOutputStream());
    }
}

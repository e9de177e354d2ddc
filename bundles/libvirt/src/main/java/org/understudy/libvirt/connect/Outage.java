// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;
import org.libvirt.LibvirtException;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/**
 * Why a host cannot be used.
 *
 * @param why the end of a sentence whose subject is the host
 */
record Outage(String why, Optional<Throwable> cause) {
    static Outage because(String why) {
        return new Outage(why, Optional.empty());
    }

    static Outage because(String why, Throwable cause) {
        return new Outage(why, Optional.of(cause));
    }

    /** A connection could not be opened. */
    static Outage unreachable(LibvirtException e) {
        return because(
                "is unreachable: %s (%s)".formatted(e.getMessage(), e.getError().getCode()), e);
    }

    static Outage silent(Duration time) {
        return because("has not answered for " + seconds(time));
    }

    static String seconds(Duration time) {
        return BigDecimal.valueOf(time.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
    }

    /** The error of a call, with the code {@link ErrorCode#HOST_UNAVAILABLE}. */
    UnderstudyException exception(LibvirtSettings settings) {
        String text = "Host %s (%s) %s".formatted(settings.name(), settings.uri(), why);
        return cause.map(c -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, text, c))
                .orElseGet(() -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, text));
    }
}

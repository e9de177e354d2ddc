// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;

/** The exception of every service. Callers branch on {@link #code()}, never on the message. */
public class UnderstudyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Part of the serialized form. */
    private final ErrorCode code;

    private final transient List<Finding> findings;

    /**
     * An error.
     *
     * @param code the kind of error
     * @param details one sentence that names the object and the value
     */
    public UnderstudyException(ErrorCode code, String details) {
        super(details);
        this.code = code;
        this.findings = List.of();
    }

    /**
     * An error with its cause.
     *
     * @param code the kind of error
     * @param details one sentence that names the object and the value
     * @param cause what the lower layer threw
     */
    public UnderstudyException(ErrorCode code, String details, Throwable cause) {
        super(details, cause);
        this.code = code;
        this.findings = List.of();
    }

    /**
     * A refusal: {@link ErrorCode#REFUSED_BY_FINDINGS} with the findings that caused it.
     *
     * @param details one sentence that names the object
     * @param findings the reasons
     */
    public UnderstudyException(String details, List<Finding> findings) {
        super(details);
        this.code = ErrorCode.REFUSED_BY_FINDINGS;
        this.findings = List.copyOf(findings);
    }

    /** {@return the kind of error} */
    public ErrorCode code() {
        return code;
    }

    /** {@return the findings behind a refusal; empty for every other code} */
    public List<Finding> findings() {
        return findings == null ? List.of() : findings;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.understudy.api.Action;

/** What a command does. Its line in Karaf's access list has the roles that permit the action, and a test compares both. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface Performs {
    Action value();
}

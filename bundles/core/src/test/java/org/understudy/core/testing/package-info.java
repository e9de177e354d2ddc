// SPDX-License-Identifier: Apache-2.0
/** Fakes that behave as hosts do, for the tests of this bundle. */
package org.understudy.core.testing;

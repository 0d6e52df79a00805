/** What can go wrong with a request, and the one table that says what the client is told and what is logged. */
@NullMarked
package io.portward.core.error;

import org.jspecify.annotations.NullMarked;

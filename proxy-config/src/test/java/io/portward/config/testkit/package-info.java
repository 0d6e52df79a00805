/** What several tests of this module need. */
@NullMarked
package io.portward.config.testkit;

import org.jspecify.annotations.NullMarked;

@NullUnmarked
package io.portward.core.observe;

import org.jspecify.annotations.NullUnmarked;

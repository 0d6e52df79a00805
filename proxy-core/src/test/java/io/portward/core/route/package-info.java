@NullUnmarked
package io.portward.core.route;

import org.jspecify.annotations.NullUnmarked;

# what helps around it

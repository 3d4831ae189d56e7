"""The load itself: Locust users and shapes, in separate processes. Only ``launch`` may be imported elsewhere.

Importing Locust patches the whole process, so pytest never does; ``loadtests.launch`` starts it.
"""

"""The load itself: Locust users and shapes, in processes of their own. Only ``launch`` may be imported elsewhere.

Importing Locust patches the whole process, so that pytest never does; ``loadtests.launch`` starts it.
"""
